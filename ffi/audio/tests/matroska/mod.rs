//! Writes the elements of Matroska files.

/// Returns an element whose size field has eight bytes.
pub fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    [id, &(content.len() as u64 | 1 << 56).to_be_bytes(), content].concat()
}
