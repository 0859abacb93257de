//! The scale factor bands of AAC (ISO 14496-3, section 4.5.4).

/// The bands of one sample rate.
#[derive(Debug)]
pub struct Bands {
    /// The lowest sample rate in Hz that uses these bands.
    rate_min: u32,
    /// The index of each band's first coefficient, and after them the number of coefficients.
    pub long: &'static [u16],
    /// The same for each of eight short windows.
    pub short: &'static [u16],
    /// Number of bands that temporal noise shaping can change, in long and in short windows.
    pub shaped_long: u8,
    pub shaped_short: u8,
}

impl Bands {
    pub fn of_rate(sample_rate: u32) -> &'static Bands {
        let found = BANDS.iter().find(|bands| sample_rate >= bands.rate_min);
        found.unwrap_or(&LOWEST)
    }
}

// --- internal ---

const LOWEST: Bands = bands(0, LONG_8K, SHORT_8K, 39, 14);

const BANDS: [Bands; 7] = [
    bands(75_132, LONG_96K, SHORT_64K, 31, 9),
    bands(55_426, LONG_64K, SHORT_64K, 34, 10),
    bands(46_009, LONG_48K, SHORT_48K, 40, 14),
    bands(37_566, LONG_48K, SHORT_48K, 42, 14),
    bands(27_713, LONG_32K, SHORT_48K, 51, 14),
    bands(18_783, LONG_24K, SHORT_24K, 46, 14),
    bands(9_391, LONG_16K, SHORT_16K, 42, 14),
];

const fn bands(
    rate_min: u32,
    long: &'static [u16],
    short: &'static [u16],
    shaped_long: u8,
    shaped_short: u8,
) -> Bands {
    Bands { rate_min, long, short, shaped_long, shaped_short }
}

const LONG_48K: &[u16] = &[
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160,
    176, 196, 216, 240, 264, 292, 320, 352, 384, 416, 448, 480, 512, 544, 576, 608, 640, 672, 704,
    736, 768, 800, 832, 864, 896, 928, 1024,
];
const SHORT_48K: &[u16] = &[0, 4, 8, 12, 16, 20, 28, 36, 44, 56, 68, 80, 96, 112, 128];
const LONG_32K: &[u16] = &[
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160,
    176, 196, 216, 240, 264, 292, 320, 352, 384, 416, 448, 480, 512, 544, 576, 608, 640, 672, 704,
    736, 768, 800, 832, 864, 896, 928, 960, 992, 1024,
];
const LONG_8K: &[u16] = &[
    0, 12, 24, 36, 48, 60, 72, 84, 96, 108, 120, 132, 144, 156, 172, 188, 204, 220, 236, 252, 268,
    288, 308, 328, 348, 372, 396, 420, 448, 476, 508, 544, 580, 620, 664, 712, 764, 820, 880, 944,
    1024,
];
const SHORT_8K: &[u16] = &[0, 4, 8, 12, 16, 20, 24, 28, 36, 44, 52, 60, 72, 88, 108, 128];
const LONG_16K: &[u16] = &[
    0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 100, 112, 124, 136, 148, 160, 172, 184, 196, 212,
    228, 244, 260, 280, 300, 320, 344, 368, 396, 424, 456, 492, 532, 572, 616, 664, 716, 772, 832,
    896, 960, 1024,
];
const SHORT_16K: &[u16] = &[0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 60, 72, 88, 108, 128];
const LONG_24K: &[u16] = &[
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 52, 60, 68, 76, 84, 92, 100, 108, 116, 124, 136,
    148, 160, 172, 188, 204, 220, 240, 260, 284, 308, 336, 364, 396, 432, 468, 508, 552, 600, 652,
    704, 768, 832, 896, 960, 1024,
];
const SHORT_24K: &[u16] = &[0, 4, 8, 12, 16, 20, 24, 28, 36, 44, 52, 64, 76, 92, 108, 128];
const LONG_64K: &[u16] = &[
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 100, 112, 124, 140,
    156, 172, 192, 216, 240, 268, 304, 344, 384, 424, 464, 504, 544, 584, 624, 664, 704, 744, 784,
    824, 864, 904, 944, 984, 1024,
];
const SHORT_64K: &[u16] = &[0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 92, 128];
const LONG_96K: &[u16] = &[
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 96, 108, 120, 132,
    144, 156, 172, 188, 212, 240, 276, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024,
];
