use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use muster_model::{HttpProbe, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server::{Certificate, http, nobody};
use super::*;
use CheckStatus::{Critical, Passing, Warning};

/// Answers with the status that the path names, and what was asked.
fn by_path(request: Request<Bytes>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let asked = format!("{} {} {:?}", request.method(), request.uri(), request.body());
    let answer = |status: u16| Response::builder().status(status);
    let answer = match path.split('/').nth(1).unwrap_or_default() {
        "to" => answer(302).header("location", path.trim_start_matches("/to")),
        "keep" => answer(307).header("location", path.trim_start_matches("/keep")),
        "loop" => answer(301).header("location", "/loop"),
        "lost" => answer(302),
        status => answer(status.parse().unwrap()),
    };
    answer.body(Full::new(Bytes::from(asked))).unwrap()
}

async fn get(url: String) -> (CheckStatus, String) {
    look(Probe::Http(HttpProbe::get(url))).await
}

/// A server that sends everybody there.
async fn sending_on(to: String) -> String {
    http(None, move |_| Response::builder().status(302).header("location", &to).body(Full::default()).unwrap()).await
}

#[tokio::test]
async fn the_answers_status_is_the_checks() {
    let server = http(None, by_path).await;
    for (status, expected) in [(200, Passing), (204, Passing), (299, Passing), (429, Warning), (302, Critical)] {
        assert_eq!(get(format!("http://{server}/{status}")).await.0, expected, "{status}");
    }
    for status in [199 + 1, 300, 304, 400, 404, 500, 503] {
        let expected = if status == 200 { Passing } else { Critical };
        assert_eq!(get(format!("http://{server}/{status}")).await.0, expected, "{status}");
    }
    let url = format!("http://{server}/404?q=1");
    let expected = format!("HTTP GET {url}: 404 Not Found Output: GET /404?q=1 b\"\"");
    assert_eq!(get(url).await.1, expected);
}

#[tokio::test]
async fn method_headers_and_body_are_the_checks() {
    let server = http(None, |request: Request<Bytes>| {
        let text = |name: &str| {
            let values = request.headers().get_all(name).into_iter();
            values.map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(",")
        };
        let told = ["host", "x-a", "user-agent", "accept", "authorization", "content-length", "accept-encoding"]
            .map(text)
            .join(" | ");
        let told = format!("{} {:?} {told}", request.method(), request.body());
        Response::new(Full::new(Bytes::from(told)))
    })
    .await;
    let url = format!("http://u:p@{server}/");
    let plain = get(url.clone()).await.1;
    let end = format!("GET b\"\" {server} |  | Consul Health Check | text/plain, text/*, */* | Basic dTpw |  | ");
    assert!(plain.ends_with(&end), "{plain}");
    let probe = HttpProbe {
        method: "PUT".into(),
        header: [
            ("X-A".into(), vec!["1".into(), "2".into()]),
            ("host".into(), vec!["other".into()]),
            ("User-Agent".into(), vec!["me".into()]),
        ]
        .into(),
        body: "b".into(),
        ..HttpProbe::get(url)
    };
    let told = look(Probe::Http(probe)).await.1;
    assert!(told.ends_with("PUT b\"b\" other | 1,2 | me | text/plain, text/*, */* | Basic dTpw | 1 | "), "{told}");
}

#[tokio::test]
async fn redirects_are_followed_as_go_does_or_not_at_all() {
    let server = http(None, by_path).await;
    let url = |path: &str| format!("http://{server}{path}");
    assert!(get(url("/to/to/200")).await.1.ends_with(" 200 OK Output: GET /200 b\"\""));
    let put = |path: &str| HttpProbe { method: "PUT".into(), body: "x".into(), ..HttpProbe::get(url(path)) };
    assert!(look(Probe::Http(put("/to/200"))).await.1.ends_with("GET /200 b\"\""), "302 becomes a GET");
    assert!(look(Probe::Http(put("/keep/200"))).await.1.ends_with("PUT /200 b\"x\""), "307 does not");
    assert_eq!(get(url("/lost")).await.0, Critical);
    let looped = get(url("/loop")).await;
    assert_eq!(looped, (Critical, "Get \"/loop\": stopped after 10 redirects".into()));
    let stays = HttpProbe { disable_redirects: true, ..HttpProbe::get(url("/to/200")) };
    let stays = look(Probe::Http(stays)).await;
    assert!(stays.0 == Critical && stays.1.contains("302 Found"), "{stays:?}");
}

#[tokio::test]
async fn what_is_secret_is_not_told_another_host() {
    let told = |request: Request<Bytes>| {
        let told = format!("{:?} {:?}", request.headers().get("authorization"), request.headers().get("x-a"));
        Response::new(Full::new(Bytes::from(told)))
    };
    let other = http(None, told).await;
    let to = format!("http://{}/", other.replace("127.0.0.1", "localhost"));
    let server =
        http(None, move |_| Response::builder().status(302).header("location", &to).body(Full::default()).unwrap())
            .await;
    let probe = HttpProbe {
        header: [("Authorization".into(), vec!["secret".into()]), ("X-A".into(), vec!["1".into()])].into(),
        ..HttpProbe::get(format!("http://{server}/"))
    };
    let (_, output) = look(Probe::Http(probe)).await;
    assert!(output.ends_with("None Some(\"1\")"), "{output}");
}

#[tokio::test]
async fn the_end_of_a_long_body_is_kept() {
    let body = format!("{}end", "x".repeat(100_000));
    let server = http(None, move |_| Response::new(Full::new(Bytes::from(body.clone())))).await;
    let probe = Probe::Http(HttpProbe::get(format!("http://{server}/")));
    let short = CheckDefinition { output_max_bytes: 5, ..CheckDefinition::new(probe.clone()) };
    assert!(run(short).await.output.ends_with("200 OK Output: xxend"));
    assert_eq!(look(probe).await.1.matches('x').count(), 4093);
}

#[tokio::test]
async fn who_does_not_answer_is_critical() {
    let held = nobody();
    let nobody = &held.address;
    let refused = format!("Get \"http://{nobody}/\": dial tcp {nobody}: connect: connection refused");
    assert_eq!(get(format!("http://{nobody}/")).await, (Critical, refused));
    let silent = server::listen(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let late = run_within(Probe::Http(HttpProbe::get(format!("http://{silent}/"))), Duration::from_millis(50)).await;
    assert_eq!(late.status, Critical);
    assert!(late.output.contains("context deadline exceeded"), "{}", late.output);
    let rude = server::listen(|stream| async move { drop(stream) }).await;
    assert_eq!(get(format!("http://{rude}/")).await.0, Critical);
}

#[tokio::test]
async fn an_answer_counts_by_its_status_though_its_body_breaks_off_or_never_ends() {
    for ends in [true, false] {
        let server = server::listen(move |mut stream| async move {
            let answer = b"HTTP/1.1 299 \r\nContent-Length: 100\r\n\r\nabc";
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(answer).await.unwrap();
            if !ends {
                std::future::pending::<()>().await;
            }
        })
        .await;
        let url = format!("http://{server}/");
        // The second waits to the end of its time, which has to be enough for what comes at once.
        let time = Duration::from_secs(if ends { 60 } else { 3 });
        let outcome = run_within(Probe::Http(HttpProbe::get(url.clone())), time).await;
        let output = format!("HTTP GET {url}: 299  Output: abc");
        assert_eq!((outcome.status, outcome.output), (Passing, output), "ends: {ends}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_named_with_the_place_where_it_was_sent_and_without_a_password() {
    let held = nobody();
    let nobody = &held.address;
    let to = format!("http://{nobody}/there");
    let server = sending_on(to.clone()).await;
    let refused = format!("dial tcp {nobody}: connect: connection refused");
    assert_eq!(get(format!("http://{server}/")).await.1, format!("Get \"{to}\": {refused}"));
    for secret in ["secret", "a:b", "p^ss", "p@ss", "p%40ss", "ü", "a|b{c}", "***"] {
        let shown = format!("Get \"http://me:***@{nobody}/\": {refused}");
        assert_eq!(get(format!("http://me:{secret}@{nobody}/")).await.1, shown, "{secret}");
        if secret.is_ascii() {
            let server = sending_on(format!("http://me:{secret}@{nobody}/")).await;
            assert_eq!(get(format!("http://{server}/")).await.1, shown, "sent on with {secret}");
        }
    }
    let unread = get("http://me:a/b@c:x/".into()).await.1;
    assert!(unread.starts_with("parse \"http://me:***@c:x/\": "), "{unread}");
    let server = sending_on("ftp://me:secret@a/".into()).await;
    let unread = get(format!("http://{server}/")).await.1;
    let expected = "failed to parse Location header \"ftp://me:***@a/\"";
    assert!(unread.ends_with(expected), "{unread}");
}

#[tokio::test]
async fn a_password_is_sent_as_it_is_meant() {
    let told = |request: Request<Bytes>| {
        Response::new(Full::new(Bytes::from(format!("{:?}", request.headers().get("authorization")))))
    };
    let server = http(None, told).await;
    for given in ["m%65:p%40^ss", "me:p@%5Ess"] {
        // `me:p@^ss` in base64.
        let output = get(format!("http://{given}@{server}/")).await.1;
        assert!(output.ends_with("Some(\"Basic bWU6cEBec3M=\")"), "{output}");
    }
}

#[tokio::test]
async fn a_definition_that_cannot_be_asked_is_critical_and_says_why() {
    let output = |probe: HttpProbe| async { look(Probe::Http(probe)).await.1 };
    let get = || HttpProbe::get("http://127.0.0.1:1/");
    assert_eq!(output(HttpProbe::get("no url")).await, "Get \"no url\": unsupported protocol scheme \"\"");
    assert_eq!(output(HttpProbe::get("ftp://a/")).await, "Get \"ftp://a/\": unsupported protocol scheme \"ftp\"");
    let method = HttpProbe { method: "A B".into(), ..get() };
    assert_eq!(output(method).await, "net/http: invalid method \"A B\"");
    let method = HttpProbe { method: "é".into(), ..get() };
    assert_eq!(output(method).await, "net/http: invalid method \"é\"");
    assert_eq!(output(HttpProbe::get("http://a:b/")).await, "parse \"http://a:b/\": invalid port number");
    let header = HttpProbe { header: [("a b".into(), vec!["x".into()])].into(), ..get() };
    assert!(output(header).await.ends_with("net/http: invalid header field name \"a b\""));
    let header = HttpProbe { header: [("a".into(), vec!["x\ny".into()])].into(), ..get() };
    assert!(output(header).await.ends_with("net/http: invalid header field value for \"a\""));
}

#[tokio::test]
async fn certificates_are_looked_at_unless_the_check_says_no() {
    let certificate = Certificate::new(&["localhost"]);
    let server = http(Some(&certificate), by_path).await;
    let url = format!("https://{}/200", server.replace("127.0.0.1", "localhost"));
    let unknown = get(url.clone()).await;
    assert!(
        unknown.0 == Critical && unknown.1.ends_with("x509: certificate signed by unknown authority"),
        "{unknown:?}"
    );
    let tls = Tls { skip_verify: true, ..Tls::default() };
    let any = look(Probe::Http(HttpProbe { tls, ..HttpProbe::get(url) })).await;
    assert_eq!(any.0, Passing, "{any:?}");
}

/// The system's authorities are read once per process, so this runs in one of its own.
#[test]
fn a_certificate_of_the_systems_authorities_is_taken_for_its_name_only() {
    const CHILD: &str = "MUSTER_HEALTH_TLS_TEST";
    if let Some(key) = std::env::var_os(CHILD) {
        let certificate = Certificate::read(key.as_ref());
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(verified(&certificate));
        return;
    }
    let certificate = Certificate::new(&["name.test"]);
    let directory = tempfile::tempdir().unwrap();
    let roots = directory.path().join("roots.pem");
    std::fs::write(&roots, &certificate.pem).unwrap();
    let held = directory.path().join("held");
    certificate.write(&held);
    let name = "tests::http::a_certificate_of_the_systems_authorities_is_taken_for_its_name_only";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SSL_CERT_FILE", &roots)
        .env(CHILD, &held)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

async fn verified(certificate: &Certificate) {
    let server = http(Some(certificate), by_path).await;
    let url = format!("https://{server}/200");
    let wrong = get(url.clone()).await;
    assert!(wrong.0 == Critical && wrong.1.contains("not valid for name"), "{wrong:?}");
    let tls = Tls { server_name: "name.test".into(), ..Tls::default() };
    let right = look(Probe::Http(HttpProbe { tls: tls.clone(), ..HttpProbe::get(url) })).await;
    assert_eq!(right.0, Passing, "{right:?}");
    let tcp = look(Probe::Tcp { address: server.as_str().into(), tls: Some(tls) }).await;
    assert_eq!(tcp, (Passing, format!("TCP+TLS connect {server}: Success")));
}
