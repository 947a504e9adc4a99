use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::cache::Cache;
use super::message::Message;
use super::*;
use crate::question::{RESPONSE, Received, read};

const NAME: &[u8] = b"\x03www\x07example\0";

fn ask() -> Ask {
    Ask { name: NAME.into(), kind: 1, class: 1, edns: Some(false), checking_disabled: false }
}

/// An answer to [`ask`] with two addresses of different times to live, and EDNS.
fn packet(first: u32, second: u32) -> Vec<u8> {
    let mut packet = ask().packet(7);
    packet.truncate(packet.len() - 11);
    packet[2] |= (RESPONSE >> 8) as u8;
    packet[7] = 2;
    for (ttl, last) in [(first, 1), (second, 2)] {
        packet.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1]);
        packet.extend_from_slice(&ttl.to_be_bytes());
        packet.extend_from_slice(&[0, 4, 192, 0, 2, last]);
    }
    packet.extend_from_slice(&[0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0]);
    packet
}

fn read_answer(packet: Vec<u8>) -> Option<Message> {
    Message::read(packet, &ask(), 7)
}

#[test]
fn kept_as_long_as_the_shortest_record_and_counted_down() {
    let message = Arc::new(read_answer(packet(300, 60)).unwrap());
    let (cache, now) = (Cache::default(), Instant::now());
    cache.put(&ask(), &message, now);
    let (kept, age) = cache.get(&ask(), now + Duration::from_secs(59)).unwrap();
    assert_eq!(age, 59);
    let question = ask().packet(9);
    let Received::Question(question) = read(&question) else { panic!("a question") };
    let sent = kept.for_client(&question, age, 512);
    assert_eq!(sent[..2], [0, 9]);
    let read_again = Message::read(sent.clone(), &ask(), 9).unwrap();
    assert_eq!(read_again.time_to_live(), Some(1));
    assert_eq!(sent[sent.len() - 4..], [0x80, 0, 0, 0], "EDNS flags are no time to live");
    assert!(cache.get(&ask(), now + Duration::from_secs(60)).is_none());
    let other = Ask { checking_disabled: true, ..ask() };
    assert!(cache.get(&other, now).is_none(), "another question");
}

#[test]
fn shortened_for_a_client_it_still_speaks_edns() {
    let message = read_answer(packet(300, 60)).unwrap();
    let question = ask().packet(9);
    let Received::Question(question) = read(&question) else { panic!("a question") };
    let sent = message.for_client(&question, 0, 20);
    assert_eq!((sent[2] & 2, &sent[4..12]), (2, &[0, 1, 0, 0, 0, 0, 0, 1][..]), "truncated, with its options alone");
    assert_eq!(sent[sent.len() - 11..], [0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0]);
    assert_eq!(sent.len(), ask().packet(9).len());
}

/// That there is no such name, as its zone says with these times.
fn denial(ttl: u32, minimum: u32) -> Vec<u8> {
    let mut packet = ask().packet(7);
    let options = packet.split_off(packet.len() - 11);
    packet[2] |= (RESPONSE >> 8) as u8;
    (packet[3], packet[9]) = (packet[3] | 3, 1);
    packet.extend_from_slice(&[0xc0, 12, 0, 6, 0, 1]);
    packet.extend_from_slice(&ttl.to_be_bytes());
    packet.extend_from_slice(&[0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]);
    packet.extend_from_slice(&minimum.to_be_bytes());
    [packet, options].concat()
}

#[test]
fn that_there_is_nothing_is_kept_for_the_shorter_time_of_its_zone() {
    assert_eq!(read_answer(denial(300, 60)).unwrap().time_to_live(), Some(60));
    assert_eq!(read_answer(denial(30, 60)).unwrap().time_to_live(), Some(30));
}

#[test]
fn what_may_not_be_kept_is_not() {
    assert_eq!(read_answer(packet(0, 60)).unwrap().time_to_live(), None);
    assert_eq!(read_answer(packet(0x8000_0000, 60)).unwrap().time_to_live(), None);
    assert_eq!(read_answer(packet(900_000, 800_000)).unwrap().time_to_live(), Some(86_400));
    let mut truncated = packet(60, 60);
    truncated[2] |= 2;
    let message = Arc::new(read_answer(truncated).unwrap());
    let (cache, now) = (Cache::default(), Instant::now());
    cache.put(&ask(), &message, now);
    assert!(cache.get(&ask(), now).is_none());
}

#[test]
fn the_cache_is_bounded() {
    let message = Arc::new(read_answer(packet(60, 60)).unwrap());
    let (cache, now) = (Cache::default(), Instant::now());
    for number in 0..60_000u32 {
        let name = [&[4][..], &number.to_be_bytes(), &[0]].concat().into();
        cache.put(&Ask { name, ..ask() }, &message, now);
    }
    let name = [&[4][..], &59_999u32.to_be_bytes(), &[0]].concat().into();
    assert!(cache.get(&Ask { name, ..ask() }, now).is_some(), "the latest is there");
    assert!(cache.bytes() <= 8 << 20, "{} bytes", cache.bytes());
}

proptest! {
    #[test]
    fn any_answer_is_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
        longest in 0..200usize,
    ) {
        let mut packet = packet(300, 60);
        for (at, byte) in changes {
            let at = at.index(packet.len());
            packet[at] = byte;
        }
        if let Some(cut) = cut {
            packet.truncate(cut.index(packet.len()));
        }
        let Some(message) = read_answer(packet) else { return Ok(()) };
        let question = ask().packet(9);
        let Received::Question(question) = read(&question) else { panic!("a question") };
        let sent = message.for_client(&question, 5, longest);
        prop_assert_eq!(&sent[..2], &[0, 9]);
        message.addresses();
        message.time_to_live();
    }

    #[test]
    fn any_bytes_are_survived_as_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut packet = ask().packet(7);
        packet[2] |= 0x80;
        packet.extend_from_slice(&bytes);
        packet[7] = bytes.first().copied().unwrap_or_default();
        if let Some(message) = read_answer(packet) {
            message.addresses();
        }
    }
}
