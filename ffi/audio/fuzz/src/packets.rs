//! Writes packets of one codec into a Matroska file. Matroska does not check the content of
//! packets, so every packet reaches the decoder.
//!
//! The input consists of these fields: codec, channels, rate, length of the codec's configuration
//! (two bytes), configuration, packets. The length of each packet (two bytes) precedes the packet.

/// Matroska names of the codecs. The first byte of the input is an index into this list.
pub const CODECS: [&str; 9] = [
    "A_OPUS",
    "A_AAC",
    "A_VORBIS",
    "A_FLAC",
    "A_MPEG/L3",
    "A_ALAC",
    "A_MPEG/L2",
    "A_PCM/INT/LIT",
    "A_PCM/FLOAT/IEEE",
];
/// Sample rates in Hz. The third byte of the input is an index into this list.
pub const RATES: [u32; 8] = [48_000, 44_100, 16_000, 8_000, 22_050, 32_000, 96_000, 11_025];

/// Converts the input of a fuzz test to a Matroska file. The comment at the top of this source file
/// describes the format of the input.
pub fn to_matroska(bytes: &[u8]) -> Vec<u8> {
    with_encodings(bytes, &[])
}

/// Converts the input of a fuzz test to a Matroska file with a list of encodings, whose length (two
/// bytes) and content precede the fields of `to_matroska`.
pub fn to_encoded_matroska(bytes: &[u8]) -> Vec<u8> {
    let mut rest = bytes;
    let encodings = take_block(&mut rest).unwrap_or_default();
    with_encodings(rest, &element(&[0x6d, 0x80], encodings))
}

fn with_encodings(bytes: &[u8], encodings: &[u8]) -> Vec<u8> {
    let byte = |index: usize| bytes.get(index).copied().map_or(0, usize::from);
    let mut blocks = bytes.get(3..).unwrap_or_default();
    let codec = CODECS[byte(0) % CODECS.len()];
    let config = to_private(codec, take_block(&mut blocks).unwrap_or_default());
    let rate = f64::from(RATES[byte(2) % RATES.len()]);
    let audio = [
        element(&[0xb5], &rate.to_be_bytes()),
        element(&[0x9f], &[1 + bytes.get(1).copied().unwrap_or_default() % 8]),
        element(&[0x62, 0x64], &[if codec == "A_PCM/FLOAT/IEEE" { 32 } else { 16 }]),
    ];
    let track = [
        element(&[0xd7], &[1]),
        element(&[0x73, 0xc5], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], codec.as_bytes()),
        element(&[0x63, 0xa2], &config),
        element(&[0xe1], &audio.concat()),
        encodings.to_vec(),
    ];
    let mut cluster = element(&[0xe7], &[0]);
    while let Some(packet) = take_block(&mut blocks) {
        let block = [&[0x81, 0, 0, 0x80], packet].concat();
        cluster.extend(element(&[0xa3], &block));
    }
    let info = [
        element(&[0x2a, 0xd7, 0xb1], &[0x0f, 0x42, 0x40]),
        element(&[0x4d, 0x80], b"-"),
        element(&[0x57, 0x41], b"-"),
    ];
    let segment = [
        element(&[0x15, 0x49, 0xa9, 0x66], &info.concat()),
        element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &track.concat())),
        element(&[0x1f, 0x43, 0xb6, 0x75], &cluster),
    ];
    [
        element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"matroska")),
        element(&[0x18, 0x53, 0x80, 0x67], &segment.concat()),
    ]
    .concat()
}

/// Returns the length of the block in two bytes, followed by the block. `to_matroska` expects
/// blocks in this format.
pub fn with_length(block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), &block[..length.into()]].concat()
}

/// Converts a codec configuration to Matroska's private data.
fn to_private(codec: &str, config: &[u8]) -> Vec<u8> {
    /// Length of Vorbis's identification header in bytes.
    const IDENTIFICATION: usize = 30;
    match codec {
        "A_VORBIS" => {
            let (identification, setup) = config.split_at(config.len().min(IDENTIFICATION));
            [&[2, identification.len() as u8, 0], identification, setup].concat()
        }
        "A_FLAC" => [b"fLaC\x80\0\0\x22", config].concat(),
        _ => config.to_vec(),
    }
}

fn take_block<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let [high, low, rest @ ..] = *bytes else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
    let (block, rest) = rest.split_at(length);
    *bytes = rest;
    Some(block)
}

fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u64 | 1 << 56).to_be_bytes();
    [id, &size, content].concat()
}
