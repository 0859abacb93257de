//! Fills bands with noise (perceptual noise substitution of AAC, ISO 14496-3, section 4.6.13). The
//! random numbers are ffmpeg's, so that the decoded audio is equal.

#[derive(Debug)]
pub struct Noise {
    state: u32,
}

impl Noise {
    pub fn new() -> Self {
        Noise { state: 0x1f2e_3d4c }
    }

    /// Fills a band with noise of the energy `level` squared.
    pub fn fill(&mut self, values: &mut [f32], level: f32) {
        let mut energy = 0.0;
        for value in values.iter_mut() {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = self.state.cast_signed() as f32;
            energy += *value * *value;
        }
        let scale = level / energy.sqrt();
        values.iter_mut().for_each(|value| *value *= scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_has_the_requested_energy() {
        let mut values = [0.0; 16];
        Noise::new().fill(&mut values, 3.0);
        let energy: f32 = values.iter().map(|value| value * value).sum();
        assert!((energy - 9.0).abs() < 1e-4);
        assert!(values.iter().any(|value| *value < 0.0) && values.iter().any(|value| *value > 0.0));
    }
}
