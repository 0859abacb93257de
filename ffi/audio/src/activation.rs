//! Computes the activation functions of the LSTM cell for many values at the same time. Those of the
//! standard library compute one value per call.

/// Replaces each value x by 1 / (1 + e^-x), with an error of at most 1e-6.
#[inline(always)]
pub fn sigmoids(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = sigmoid(*value));
}

/// Replaces each value by its hyperbolic tangent, with an error of at most 1e-6.
#[inline(always)]
pub fn tanhs(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = 2.0 * sigmoid(2.0 * *value) - 1.0);
}

#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

// --- internal ---

/// Computes e^x as 2^n e^r, where n is a whole number and |r| is at most half of ln(2). Values of x
/// beyond the limits count as the limits.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LIMIT: f32 = 87.0;
    /// A sum with this number has no bits after the point, and its last bits are those of the whole
    /// number.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const EXPONENT_SHIFT: u32 = 23;
    let x = x.clamp(-LIMIT, LIMIT);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    // The series of e^r.
    let coefficients = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let series = coefficients.iter().fold(1.0 / 5040.0, |sum, coefficient| sum * r + coefficient);
    let power = f32::from_bits((rounded.to_bits() << EXPONENT_SHIFT).wrapping_add(1f32.to_bits()));
    series * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> Vec<f32> {
        let near = (-4000..=4000).map(|i| i as f32 / 200.0);
        near.chain([-1e30, -1000.0, -87.5, 87.5, 1000.0, 1e30]).collect()
    }

    #[test]
    fn sigmoids_equal_those_in_64_bits() {
        let mut values = inputs();
        sigmoids(&mut values);
        for (x, found) in inputs().iter().zip(values) {
            let expected = 1.0 / (1.0 + (-f64::from(*x)).exp());
            assert!((f64::from(found) - expected).abs() < 1e-6, "{x}: {found}, not {expected}");
        }
    }

    #[test]
    fn tanhs_equal_those_in_64_bits() {
        let mut values = inputs();
        tanhs(&mut values);
        for (x, found) in inputs().iter().zip(values) {
            let expected = f64::from(*x).tanh();
            assert!((f64::from(found) - expected).abs() < 1e-6, "{x}: {found}, not {expected}");
        }
    }
}
