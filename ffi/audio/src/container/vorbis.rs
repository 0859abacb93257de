//! Reads the headers of Vorbis. Ogg and Matroska files store these headers in different ways.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;

use super::channel_layout;
use super::stream::invalid;

/// Builds the decoder parameters from the identification header and the setup header.
pub fn params(identification: &[u8], setup: &[u8]) -> io::Result<AudioCodecParameters> {
    let fields = identification.strip_prefix(b"\x01vorbis\0\0\0\0");
    let Some(&[channels, a, b, c, d, ..]) = fields else {
        return Err(invalid("its Vorbis header is damaged"));
    };
    let mut params = AudioCodecParameters::new();
    params
        .for_codec(CODEC_ID_VORBIS)
        .with_sample_rate(u32::from_le_bytes([a, b, c, d]))
        .with_channels(channel_layout::usual(channels.into()))
        .with_extra_data([identification, setup].concat().into());
    Ok(params)
}

/// Builds the decoder parameters from three headers with lacing. `headers` contains the number of
/// lengths, the lengths of the first two headers, and then the headers.
pub fn params_of_laced(headers: &[u8]) -> io::Result<AudioCodecParameters> {
    let damaged = || invalid("its Vorbis headers are damaged");
    let (2, mut rest) =
        headers.split_first().map(|(count, rest)| (*count, rest)).unwrap_or_default()
    else {
        return Err(damaged());
    };
    let mut length = || {
        let full = rest.iter().take_while(|byte| **byte == 255).count();
        let last = usize::from(*rest.get(full)?);
        rest = rest.get(full + 1..)?;
        Some(full * 255 + last)
    };
    let (Some(identification), Some(comment)) = (length(), length()) else {
        return Err(damaged());
    };
    let setup = identification.saturating_add(comment);
    match (rest.get(..identification), rest.get(setup..)) {
        (Some(identification), Some(setup)) => params(identification, setup),
        _ => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_laced_headers() {
        let identification = b"\x01vorbis\0\0\0\0\x02\x44\xac\0\0rest";
        let headers = [b"\x02\x14\x03".as_slice(), identification, b"abc", b"setup"].concat();
        let params = params_of_laced(&headers).unwrap_or_default();
        assert_eq!(params.sample_rate, Some(44_100));
        let expected = [identification.as_slice(), b"setup"].concat();
        assert_eq!(params.extra_data.as_deref(), Some(&*expected));
        for damaged in [&headers[..10], b"", b"\x03", b"\x02\xff\xff\xff"] {
            assert!(params_of_laced(damaged).is_err());
        }
    }
}
