use proptest::prelude::*;

use super::*;

fn frame(blobs: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, &Request::Cancel { id: 7 }, blobs).unwrap();
    bytes
}

proptest! {
    #[test]
    fn frames_round_trip(
        id in any::<u64>(),
        blobs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 0..8),
    ) {
        let mut bytes = Vec::new();
        let slices: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
        write_frame(&mut bytes, &Request::Run { id, spec: RunSpec::default(), purpose: Purpose::Edit, varies: true, timed: true }, &slices).unwrap();
        let mut rest = bytes.as_slice();
        let (request, read): (Request, _) = read_frame(&mut rest).unwrap().unwrap();
        prop_assert_eq!(request, Request::Run { id, spec: RunSpec::default(), purpose: Purpose::Edit, varies: true, timed: true });
        prop_assert_eq!(read, blobs);
        prop_assert!(read_frame::<Request>(&mut rest).unwrap().is_none());
    }

    #[test]
    fn random_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
        prop_assert!(read_frame::<Request>(&mut bytes.as_slice()).is_err());
    }

    #[test]
    fn a_damaged_prelude_is_refused_or_read_within_bounds(at in 0usize..28, value in any::<u8>()) {
        let mut bytes = frame(&[b"some code", b""]);
        bytes[at] = value;
        let mut reader = Counting { bytes: &bytes, largest: 0 };
        let _ = read_frame::<Request>(&mut reader);
        // `read_to_end` asks for the free space of its buffer: the largest request shows its size.
        prop_assert!(reader.largest <= 128 << 10, "a buffer of {} bytes", reader.largest);
    }

    #[test]
    fn a_frame_cut_anywhere_is_an_error(cut in any::<prop::sample::Index>()) {
        let bytes = frame(&[b"some code"]);
        let cut = 1 + cut.index(bytes.len() - 1);
        prop_assert!(read_frame::<Request>(&mut &bytes[..cut]).is_err());
    }
}

#[test]
fn announced_sizes_beyond_the_limits_are_refused() {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&(MAX_HEADER as u32 + 1).to_le_bytes());
    header.extend_from_slice(&0u32.to_le_bytes());
    assert!(matches!(
        read_frame::<Request>(&mut header.as_slice()),
        Err(ProtocolError::Malformed(_))
    ));

    let mut blobs = MAGIC.to_vec();
    blobs.extend_from_slice(&2u32.to_le_bytes());
    blobs.extend_from_slice(&2u32.to_le_bytes());
    blobs.extend_from_slice(&u64::MAX.to_le_bytes());
    blobs.extend_from_slice(&2u64.to_le_bytes());
    assert!(matches!(
        read_frame::<Request>(&mut blobs.as_slice()),
        Err(ProtocolError::Malformed(_))
    ));
}

#[test]
fn a_frame_too_large_is_not_sent() {
    let blob = vec![0; 4096];
    let many: Vec<&[u8]> = vec![&blob; MAX_BLOB_COUNT as usize + 1];
    let mut bytes = Vec::new();
    assert!(matches!(
        write_frame(&mut bytes, &1u8, &many),
        Err(ProtocolError::TooLarge(_))
    ));
    assert!(bytes.is_empty());
}

struct Counting<'a> {
    bytes: &'a [u8],
    largest: usize,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.largest = self.largest.max(buffer.len());
        self.bytes.read(buffer)
    }
}
