//! Finds the start of a cluster or a block in a damaged file by examining bytes.

use std::io;

use super::ebml::Element;
use super::{BLOCK, BLOCK_GROUP, CLUSTER, SEGMENT, SIMPLE_BLOCK};
use crate::container::byte_reader::ByteReader;

/// Number of bytes that are sufficient to recognise a block. These bytes contain the id and the
/// size of a group and of its block, and then the track number, the time and the flags of the
/// block.
pub const LOOKAHEAD: usize = 64;
/// Bits of a block's flags that are always zero.
const RESERVED_FLAGS: u8 = 0x70;
const BLOCK_BYTES_MIN: u64 = 5;
const EBML: u32 = 0x1a45_dfa3;
/// Ids of the elements that may be direct children of a cluster, or may directly precede or follow
/// a cluster. The ids of clusters, segments and blocks are not in this list.
const OTHERS: [u32; 15] = [
    0xe7,
    0x5854,
    0xa7,
    0xab,
    0xaf,
    0xec,
    0xbf, // last id of an element that may be inside a cluster
    0x114d_9b74,
    0x1549_a966,
    0x1654_ae6b,
    0x1c53_bb6b,
    0x1941_a469,
    0x1043_a770,
    0x1254_c367,
    EBML,
];

/// Returns whether an element with this id may be a direct child of a cluster, or may directly
/// precede or follow a cluster.
pub fn is_known(id: u32) -> bool {
    matches!(id, CLUSTER | SEGMENT | SIMPLE_BLOCK | BLOCK_GROUP) || OTHERS.contains(&id)
}

/// Returns whether a known element or the end of the file follows this element.
pub fn is_followed(reader: &mut ByteReader, element: Element) -> io::Result<bool> {
    reader.seek(element.end)?;
    let left = reader.len() - reader.position();
    let next = reader.bytes(left.min(4), 4)?;
    Ok(!element.is_cut && is_element_or_end(&next))
}

/// Returns whether the bytes start with a known element, or there are no bytes because the file
/// ends.
fn is_element_or_end(bytes: &[u8]) -> bool {
    bytes.is_empty() || id(bytes).is_some_and(|(id, _)| is_known(id))
}

/// Returns whether the bytes start with a cluster.
pub fn is_cluster(bytes: &[u8]) -> bool {
    bytes.starts_with(&CLUSTER.to_be_bytes())
}

/// Returns whether the bytes start with three successive elements that are clusters or blocks of
/// any track.
pub fn are_blocks(bytes: &[u8]) -> bool {
    const BLOCKS: usize = 3;
    let mut rest = Some(bytes);
    (0..BLOCKS).all(|_| {
        let block = rest.filter(|bytes| is_cluster_or_block(bytes, None));
        rest = block.and_then(id).and_then(|(_, block)| after(block));
        rest.is_some()
    })
}

/// Returns whether the bytes start with a cluster or with a block of this track. If `bytes` is long
/// enough, also checks that a known element follows the block.
pub fn is_cluster_or_block(bytes: &[u8], track: Option<u64>) -> bool {
    let Some((id, content)) = id(bytes) else {
        return false;
    };
    match id {
        CLUSTER => true,
        SIMPLE_BLOCK => is_block(content, track),
        BLOCK_GROUP => {
            let block = number(content).and_then(|(_, children)| self::id(children));
            block.is_some_and(|(id, block)| id == BLOCK && is_block_content(block, track))
                && has_known_after(content)
        }
        _ => false,
    }
}

// --- internal ---

/// Returns whether `bytes` start with the rest of a block after its id.
fn is_block(bytes: &[u8], track: Option<u64>) -> bool {
    is_block_content(bytes, track) && has_known_after(bytes)
}

fn is_block_content(bytes: &[u8], track: Option<u64>) -> bool {
    let Some((size, content)) = number(bytes) else {
        return false;
    };
    let (Some((number, rest)), true) = (number(content), size >= BLOCK_BYTES_MIN) else {
        return false;
    };
    let flags = rest.get(2).copied().unwrap_or(u8::MAX);
    track.map_or(number > 0, |track| number == track) && flags & RESERVED_FLAGS == 0
}

fn has_known_after(bytes: &[u8]) -> bool {
    number(bytes).is_some() && after(bytes).is_none_or(is_element_or_end)
}

/// Returns the bytes after an element. `bytes` must start with the size of this element.
fn after(bytes: &[u8]) -> Option<&[u8]> {
    let (size, content) = number(bytes)?;
    content.get(usize::try_from(size).ok()?..)
}

fn id(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let more = bytes.first()?.leading_zeros() as usize;
    let (id, rest) = bytes.split_at_checked(more + 1).filter(|_| more < 4)?;
    Some((id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte)), rest))
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let more = first.leading_zeros();
    let (rest, after) = bytes.get(1..)?.split_at_checked(more as usize).filter(|_| more < 8)?;
    let bits = u64::from(first) & (0x7f >> more);
    Some((rest.iter().fold(bits, |number, byte| number << 8 | u64::from(*byte)), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK_OF_1: &[u8] = b"\xa3\x86\x81\0\x14\x80so";

    #[test]
    fn recognises_a_block_by_its_header_and_the_next_element() {
        let follows = |after: &[u8]| is_cluster_or_block(&[BLOCK_OF_1, after].concat(), Some(1));
        assert!(follows(b"") && follows(b"\xa3\x90\x81") && follows(b"\x1f\x43\xb6\x75\x01"));
        assert!(!follows(b"\r\n") && !follows(b"\x42\x42\x42"));
        assert!(!is_cluster_or_block(BLOCK_OF_1, Some(2)));
        // The first block has invalid flags, the second is too short, and the third is truncated
        // within its header.
        assert!(!is_cluster_or_block(b"\xa3\x86\x81\0\x14\x90so", Some(1)));
        assert!(!is_cluster_or_block(b"\xa3\x84\x81\0\x14\x80", Some(1)));
        assert!(!is_cluster_or_block(b"\xa3\x86\x81\0\x14", Some(1)));
        let group = [b"\xa0\x88\xa1\x86", &BLOCK_OF_1[2..]].concat();
        assert!(is_cluster_or_block(&group, Some(1)));
        assert!(is_cluster_or_block(b"\x1f\x43\xb6\x75\x01", Some(1)));
    }
}
