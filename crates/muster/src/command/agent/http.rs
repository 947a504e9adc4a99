//! How requests are taken: `http_config` and `limits`.

use anyhow::Result;
use muster_http::Settings as HttpSettings;

use crate::config::Settings;

/// The longest value or transaction that can be allowed: one must fit into a batch of the journal.
const MOST_BYTES: i64 = 8 << 20;

/// What the configuration says of HTTP, over Consul's defaults.
pub fn settings(settings: &Settings) -> Result<HttpSettings> {
    let default = HttpSettings::default();
    let path = "http_config.allow_write_http_from";
    let network = |text: &String| {
        let wrong = || settings.wrong(path, format!("has {text:?}: a network such as 10.0.0.0/8 would be right"));
        text.parse().map_err(|_| wrong())
    };
    let allow_write_from = settings.list(path).iter().map(network).collect::<Result<_>>()?;
    let path = "http_config.response_headers";
    let header = |(name, value): (String, String)| {
        let wrong = || settings.wrong(path, format!("has {name:?} = {value:?}, which is no header of HTTP"));
        Ok((name.parse().map_err(|_| wrong())?, value.parse().map_err(|_| wrong())?))
    };
    Ok(HttpSettings {
        response_headers: settings.map(path).into_iter().map(header).collect::<Result<_>>()?,
        block_endpoints: settings.list("http_config.block_endpoints").to_vec(),
        allow_write_from,
        use_cache: settings.bool("http_config.use_cache").unwrap_or(default.use_cache),
        unprintable_paths: settings.bool("disable_http_unprintable_char_filter").unwrap_or(default.unprintable_paths),
        connections_per_client: number(
            settings,
            "limits.http_max_conns_per_client",
            default.connections_per_client,
            i64::from(i32::MAX),
        )?,
        max_value_bytes: number(settings, "limits.kv_max_value_size", default.max_value_bytes, MOST_BYTES)?,
        max_transaction_bytes: number(settings, "limits.txn_max_req_len", default.max_transaction_bytes, MOST_BYTES)?,
    })
}

fn number(settings: &Settings, path: &str, default: usize, most: i64) -> Result<usize> {
    match settings.int(path) {
        None => Ok(default),
        Some(number) => match usize::try_from(number) {
            Ok(size) if number <= most => Ok(size),
            _ => Err(settings.wrong(path, format!("is {number}: 0 to {most} would be right"))),
        },
    }
}
