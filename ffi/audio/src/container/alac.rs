//! Reads ALAC's configuration (also called "magic cookie") from mp4 and caf files.

use std::io;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_ALAC;

use super::channel_layout;
use super::stream::invalid;

pub fn params(cookie: &[u8]) -> io::Result<AudioCodecParameters> {
    // In old files, a format atom and the header of another atom precede the cookie.
    let cookie = match cookie.get(4..8) {
        Some(b"frma") => cookie.get(24..).unwrap_or_default(),
        _ => cookie,
    };
    // A speaker layout and other data may follow the cookie.
    let len = if cookie.get(28..32) == Some(b"chan") { 48 } else { 24 };
    let Some(cookie) = cookie.get(..len) else {
        return Err(invalid("its ALAC configuration is cut short"));
    };
    let u32_at = |at: usize| {
        let bytes = cookie.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    };
    let channels = cookie.get(9).copied().unwrap_or_default();
    let mut params = AudioCodecParameters::new();
    params
        .for_codec(CODEC_ID_ALAC)
        .with_sample_rate(u32_at(20))
        .with_channels(match channels {
            // The decoder returns eight channels in this order, but it reports another order.
            8 => channel_layout::ordered("L R C LFE Lc Rc Ls Rs"),
            _ => channel_layout::usual(channels.into()),
        })
        .with_max_frames_per_packet(u32_at(0).into())
        .with_extra_data(cookie.into());
    Ok(params)
}
