use std::convert::Infallible;

use super::*;

#[derive(Default)]
struct Kept(Vec<Vec<u8>>);

impl Archive for Kept {
    type Refusal = Infallible;

    fn begin(&mut self, _: &ArchiveMeta) -> Result<(), Infallible> {
        Ok(())
    }

    fn chunk(&mut self, chunk: Vec<u8>) -> Result<(), Infallible> {
        self.0.push(chunk);
        Ok(())
    }
}

/// One of them without repetitions: a copy from another distance would be the same in these.
fn chunks() -> Vec<Vec<u8>> {
    let mixed = (1..2_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    vec![b"one".to_vec(), mixed, b"three".to_vec()]
}

fn archive() -> (ArchiveMeta, Vec<u8>) {
    let meta = ArchiveMeta { id: "1-42-0".to_owned(), index: 42, rules: 2, size: state_bytes(chunks()) };
    let mut out = Vec::new();
    write_archive(&mut out, &meta, chunks()).unwrap();
    (meta, out)
}

fn read(bytes: &[u8]) -> Result<ArchiveMeta, String> {
    read_archive(bytes, &mut Kept::default()).map_err(|error| error.to_string())
}

/// An archive of these files, as anybody could make one.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        tar.append_data(&mut header, name, *data).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let files = tar.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut data = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut data).unwrap();
        (name, data)
    });
    files.collect()
}

#[test]
fn what_is_written_is_read() {
    let (meta, bytes) = archive();
    let mut kept = Kept::default();
    assert_eq!(read_archive(&*bytes, &mut kept).unwrap(), meta);
    assert_eq!(kept.0, chunks());
    let names: Vec<_> = unpacked(&bytes).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["MUSTER", "meta.json", "state.bin", "SHA256SUMS"], "a file that Consul refuses, then Consul's");
    // Earlier ones are without the first.
    let files = unpacked(&bytes);
    let earlier: Vec<_> = files[1..].iter().map(|(name, data)| (name.as_str(), data.as_slice())).collect();
    assert_eq!(read(&packed(&earlier)), Ok(meta));
}

#[test]
fn every_cut_is_refused() {
    let (_, bytes) = archive();
    for end in 0..bytes.len() {
        let refused = read(&bytes[..end]).unwrap_err();
        assert_eq!(refused, "this snapshot is cut off: it ends in the middle", "{end}");
    }
}

/// Bits without meaning there are: time and system in gzip's header, what fills up a byte behind a block, and from
/// where in a row of zeros a zero is copied.
#[test]
fn no_flipped_bit_gives_another_state() {
    let (meta, bytes) = archive();
    let mut without_meaning = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        let mut kept = Kept::default();
        if let Ok(read) = read_archive(&*damaged, &mut kept) {
            assert_eq!((read, kept.0), (meta.clone(), chunks()), "byte {at}");
            without_meaning += 1;
        }
    }
    assert!(without_meaning * 50 < bytes.len(), "{without_meaning} of {}", bytes.len());
}

#[test]
fn a_real_consuls_is_refused_by_name() {
    let meta = br#"{"Version":1,"ID":"2-18-1690000000000","Index":18,"Term":2,"Peers":"ka8=","Size":5000}"#;
    let refused = read(&packed(&[("meta.json", meta), ("state.bin", b"\x01\x02")])).unwrap_err();
    assert!(refused.contains("saved by a real Consul"), "{refused}");
}

#[test]
fn newer_ones_are_refused_by_number() {
    let files = unpacked(&archive().1);
    let newer = String::from_utf8(files[1].1.clone()).unwrap().replace(r#""Format":1"#, r#""Format":9"#);
    let refused = read(&packed(&[("meta.json", newer.as_bytes()), ("state.bin", &files[2].1)])).unwrap_err();
    assert_eq!(refused, "this snapshot has format 9, this muster reads up to 1: use a newer one");
    let mut state = files[2].1.clone();
    state[MAGIC.len()] = 3;
    let refused = read(&packed(&[("meta.json", &files[1].1), ("state.bin", &state)])).unwrap_err();
    assert_eq!(refused, "this snapshot has format 3, this muster reads up to 1: use a newer one");
}

#[test]
fn what_is_no_snapshot_is_told() {
    assert_eq!(read(b"hello, world, this is text").unwrap_err(), "this is no snapshot: it is not a gzip archive");
    let other = packed(&[("etc/passwd", b"root")]);
    assert_eq!(read(&other).unwrap_err(), "this snapshot is damaged: its files are not those of a snapshot");
    let files = unpacked(&archive().1);
    let mut state = files[2].1.clone();
    let last = state.len() - 5;
    state[last] ^= 1;
    let changed = packed(&[("meta.json", &files[1].1), ("state.bin", &state), ("SHA256SUMS", &files[3].1)]);
    assert_eq!(read(&changed).unwrap_err(), "this snapshot is damaged: its checksums do not match");
    let without = packed(&[("meta.json", &files[1].1), ("state.bin", &files[2].1)]);
    assert_eq!(read(&without).unwrap_err(), "this snapshot is cut off: it ends in the middle");
}
