//! Services with one instance and one writer, who sometimes registers what is registered already.

use crate::client::Client;
use crate::event::Request;

fn service_of(number: usize) -> String {
    format!("service-{number}")
}

pub(super) async fn round(client: &mut Client, number: usize, writers: usize, version: &mut u64) {
    let other = client.random.usize(..writers);
    client.ask(Request::Instances { service: service_of(other) }).await;
    let service = service_of(number);
    if *version % 2 == 1 && client.random.u8(..3) == 0 {
        client.ask(Request::Instances { service: service.clone() }).await;
        client.insist(Request::Register { service: service.clone(), version: *version }).await;
        client.ask(Request::Instances { service }).await;
        return;
    }
    // An odd version registers, an even one takes out; most follow one another as odd ones.
    *version += if *version % 2 == 1 && client.random.u8(..4) > 0 { 2 } else { 1 };
    client.insist(Request::Register { service, version: *version }).await;
}
