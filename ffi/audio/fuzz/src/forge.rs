//! Makes the input of the fuzzer look like a file of a container: writes the container's signature
//! and correct checksums into it. Without them, the decoder would reject the input before it
//! reaches the code that a target tests.

/// Writes each signature at its offset.
pub fn signed(bytes: &[u8], signatures: &[(usize, &[u8])]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    for (offset, signature) in signatures {
        let end = offset + signature.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[*offset..end].copy_from_slice(signature);
    }
    file
}

/// Writes the correct checksum into each page of an Ogg file.
pub fn ogg(bytes: &[u8]) -> Vec<u8> {
    const HEADER: usize = 27;
    let mut file = signed(bytes, &[(0, b"OggS")]);
    let mut from = 0;
    while let Some(found) = file[from..].windows(4).position(|bytes| bytes == b"OggS") {
        let start = from + found;
        from = start + 4;
        let Some(segments) = file.get(start + HEADER - 1).copied().map(usize::from) else {
            break;
        };
        let body = start + HEADER + segments;
        let Some(lengths) = file.get(start + HEADER..body) else {
            continue;
        };
        let end = body + lengths.iter().copied().map(usize::from).sum::<usize>();
        if end > file.len() {
            continue;
        }
        file[start + 22..start + 26].fill(0);
        let sum = checksum(&file[start..end], 0);
        file[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
        from = end;
    }
    file
}

/// Writes the synchronisation byte into each packet of an MPEG transport stream, and the correct
/// checksum into each section that starts and ends in one packet.
pub fn mpeg_ts(bytes: &[u8]) -> Vec<u8> {
    const PACKET: usize = 188;
    let mut file = signed(bytes, &[(0, b"G"), (PACKET, b"G"), (2 * PACKET, b"G")]);
    for packet in file.chunks_exact_mut(PACKET) {
        packet[0] = b'G';
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let is_section = packet[1] & 0x40 != 0 && (pid == 0 || pid >= 0x1000);
        let start = 5 + usize::from(packet[4]);
        if let (true, Some([_, high, low, ..])) = (is_section, packet.get(start..)) {
            let end = start + 3 + usize::from(u16::from_be_bytes([high & 0x0f, *low]));
            if end <= PACKET && end >= start + 12 {
                let sum = checksum(&packet[start..end - 4], u32::MAX);
                packet[end - 4..end].copy_from_slice(&sum.to_be_bytes());
            }
        }
    }
    file
}

/// Computes the CRC of RFC 3533, section 6: polynomial 0x04c11db7, not reflected. Ogg
/// has the initial value 0, and MPEG has the highest number.
fn checksum(bytes: &[u8], initial: u32) -> u32 {
    bytes.iter().fold(initial, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}
