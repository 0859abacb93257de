//! Computes a fully connected layer, which is `weights · input + bias`. A convolution applies the
//! layer at each position.

use pulp::{Arch, Simd, WithSimd};

/// Number of vectors per panel. It is the number of sums that a CPU can update in parallel.
const VECTORS: usize = 4;
/// Number of products per partial sum. Shorter sums have smaller rounding errors.
const PARTIAL: usize = 64;

#[derive(Debug)]
pub struct Dense {
    bias: Vec<f32>,
    /// The weights, divided into panels. A panel contains the weights of the outputs that fit into
    /// `VECTORS` SIMD vectors: the weights for the first input, then for the second input, and so
    /// on.
    panels: Vec<f32>,
    arch: Arch,
}

impl Dense {
    /// Creates a layer. `weights` has one row of `inputs` values per output. The number of outputs
    /// must be a multiple of 64.
    pub fn new(weights: &[f32], inputs: usize, bias: Vec<f32>) -> Self {
        let arch = Arch::new();
        let rows: Vec<&[f32]> = weights.chunks_exact(inputs).collect();
        let panels = rows
            .chunks(VECTORS * arch.dispatch(Lanes))
            .flat_map(|rows| {
                (0..inputs).flat_map(move |i| rows.iter().filter_map(move |row| row.get(i)))
            })
            .copied()
            .collect();
        Dense { bias, panels, arch }
    }

    pub fn apply(&self, input: &[f32], output: &mut [f32]) {
        output.copy_from_slice(&self.bias);
        self.arch.dispatch(Accumulate { panels: &self.panels, input, output });
    }
}

/// Computes the number of `f32` values in a SIMD vector of this CPU.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> usize {
        S::F32_LANES
    }
}

struct Accumulate<'a> {
    panels: &'a [f32],
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (weights, _) = pulp::as_arrays::<VECTORS, _>(S::as_simd_f32s(self.panels).0);
        let (output, _) = pulp::as_arrays_mut::<VECTORS, _>(S::as_mut_simd_f32s(self.output).0);
        for (sums, panel) in output.iter_mut().zip(weights.chunks_exact(self.input.len())) {
            let parts = self.input.chunks(PARTIAL).zip(panel.chunks(PARTIAL));
            for (input, weights) in parts {
                let [mut a, mut b, mut c, mut d] = [simd.splat_f32s(0.0); VECTORS];
                for (x, [wa, wb, wc, wd]) in input.iter().zip(weights) {
                    let x = simd.splat_f32s(*x);
                    a = simd.mul_add_e_f32s(x, *wa, a);
                    b = simd.mul_add_e_f32s(x, *wb, b);
                    c = simd.mul_add_e_f32s(x, *wc, c);
                    d = simd.mul_add_e_f32s(x, *wd, d);
                }
                let part = [a, b, c, d];
                sums.iter_mut().zip(part).for_each(|(sum, part)| *sum = simd.add_f32s(*sum, part));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_weights_times_input_plus_bias() {
        let (inputs, outputs) = (129, 64);
        let weights: Vec<f32> = (0..inputs * outputs).map(|i| (i % 7) as f32 - 3.0).collect();
        let bias: Vec<f32> = (0..outputs).map(|i| i as f32).collect();
        let input: Vec<f32> = (0..inputs).map(|i| (i % 5) as f32).collect();
        let mut output = vec![f32::NAN; outputs];
        Dense::new(&weights, inputs, bias.clone()).apply(&input, &mut output);
        // The values are small whole numbers, so the order of the sums does not change the result.
        let expected: Vec<f32> = weights
            .chunks(inputs)
            .zip(bias)
            .map(|(row, bias)| bias + row.iter().zip(&input).map(|(w, x)| w * x).sum::<f32>())
            .collect();
        assert_eq!(output, expected);
    }
}
