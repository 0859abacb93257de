//! Decodes the variant of IMA ADPCM in Apple's files. A block has 34 bytes per channel and contains
//! 64 frames. The header of a block contains only the upper bits of the first sample. The lower
//! bits are equal to the lower bits of the last sample of the previous block. Symphonia does not
//! support this variant.

/// Number of bytes of one channel in a block. `BLOCK_FRAMES` is the number of frames in a block.
const BLOCK_BYTES: usize = 34;
const BLOCK_FRAMES: usize = 64;
/// Mask of the lower bits of a sample, which the header of a block does not contain.
const LOWER_BITS: i32 = 0x7f;

const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
    73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449,
    494, 544, 598, 658, 724, 796, 876, 963, 1_060, 1_166, 1_282, 1_411, 1_552, 1_707, 1_878, 2_066,
    2_272, 2_499, 2_749, 3_024, 3_327, 3_660, 4_026, 4_428, 4_871, 5_358, 5_894, 6_484, 7_132,
    7_845, 8_630, 9_493, 10_442, 11_487, 12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385,
    24_623, 27_086, 29_794, 32_767,
];
const STEP_CHANGES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

#[derive(Debug)]
pub struct ImaAdpcm {
    channels: Vec<Channel>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Channel {
    sample: i32,
    step_index: i32,
}

impl ImaAdpcm {
    pub fn new(channels: usize) -> Self {
        ImaAdpcm { channels: vec![Channel::default(); channels] }
    }

    /// Decodes whole blocks into one plane per channel.
    pub fn decode(&mut self, packet: &[u8], planes: &mut Vec<Vec<f32>>) {
        planes.resize(self.channels.len(), Vec::new());
        planes.iter_mut().for_each(Vec::clear);
        let blocks = packet.chunks_exact(BLOCK_BYTES);
        for (block, channel) in blocks.zip((0..self.channels.len()).cycle()) {
            if let (Some(state), Some(plane)) =
                (self.channels.get_mut(channel), planes.get_mut(channel))
            {
                state.decode(block, plane);
            }
        }
    }
}

impl Channel {
    fn decode(&mut self, block: &[u8], plane: &mut Vec<f32>) {
        let Some((header, codes)) = block.split_first_chunk::<2>() else {
            return;
        };
        let header = i32::from(i16::from_be_bytes(*header));
        let (sample, step_index) = (header & !LOWER_BITS, header & LOWER_BITS);
        if step_index != self.step_index || (sample - self.sample).abs() > LOWER_BITS {
            (self.sample, self.step_index) = (sample, step_index.min(STEPS.len() as i32 - 1));
        }
        plane.reserve(BLOCK_FRAMES);
        for codes in codes {
            for code in [codes & 15, codes >> 4] {
                plane.push(self.next(code) as f32 / 32_768.0);
            }
        }
    }

    fn next(&mut self, code: u8) -> i32 {
        let step = STEPS.get(self.step_index as usize).copied().unwrap_or_default();
        let magnitude = usize::from(code & 7);
        let bits = [(4, step), (2, step >> 1), (1, step >> 2)];
        let parts = bits.iter().filter(|(bit, _)| magnitude & bit != 0).map(|(_, part)| part);
        let difference = (step >> 3) + parts.sum::<i32>();
        let signed = if code & 8 == 0 { difference } else { -difference };
        self.sample = (self.sample + signed).clamp(i16::MIN.into(), i16::MAX.into());
        let change = STEP_CHANGES.get(magnitude).copied().unwrap_or_default();
        self.step_index = (self.step_index + change).clamp(0, STEPS.len() as i32 - 1);
        self.sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(blocks: &[[u8; BLOCK_BYTES]], channels: usize) -> Vec<Vec<i32>> {
        let mut planes = Vec::new();
        ImaAdpcm::new(channels).decode(&blocks.concat(), &mut planes);
        let samples = |plane: &Vec<f32>| plane.iter().map(|n| (n * 32_768.0) as i32).collect();
        planes.iter().map(samples).collect()
    }

    fn block(header: i16, codes: u8) -> [u8; BLOCK_BYTES] {
        let mut block = [codes; BLOCK_BYTES];
        block[..2].copy_from_slice(&header.to_be_bytes());
        block
    }

    #[test]
    fn decodes_rising_and_falling_samples() {
        // The lower four bits of each byte encode the first of two samples. The first step is 7,
        // and the second step is 16.
        let [mono] = &decode(&[block(0x100, 0xf7)], 1)[..] else {
            unreachable!("one channel");
        };
        assert_eq!(mono[..2], [0x100 + 11, 0x100 + 11 - 30]);
        assert_eq!(mono.len(), BLOCK_FRAMES);
    }

    #[test]
    fn lower_bits_continue_in_the_next_block() {
        // Every second sample is one higher than the sample before it. In total, a block adds 32 to
        // the value in its header.
        let planes = decode(&[block(0x100, 0x01), block(0x100, 0x01)], 1);
        assert_eq!(planes[0][BLOCK_FRAMES - 1..][..2], [0x120, 0x121]);
        // If the value in the header differs too much from the previous sample, the lower bits
        // become 0.
        let planes = decode(&[block(0x100, 0x01), block(0x4000, 0x01)], 1);
        assert_eq!(planes[0][BLOCK_FRAMES], 0x4001);
    }

    #[test]
    fn decodes_each_channel_separately() {
        let planes = decode(&[block(0x100, 0), block(-0x100, 0)], 2);
        assert!(planes[0].iter().all(|n| *n > 0) && planes[1].iter().all(|n| *n < 0));
    }
}
