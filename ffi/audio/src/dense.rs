//! Computes a fully connected layer, which is `weights · input + bias`. A convolution applies the
//! layer at each position. For many inputs, the layer reads each panel of the weights only once,
//! because the memory is slower than the products.

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

    /// Writes the outputs of each input, one after the other.
    pub fn apply(&self, inputs: &[&[f32]], outputs: &mut [f32]) {
        outputs.chunks_exact_mut(self.bias.len()).for_each(|row| row.copy_from_slice(&self.bias));
        self.accumulate(inputs, outputs);
    }

    /// Adds the products, without the bias, to the outputs.
    pub fn accumulate(&self, inputs: &[&[f32]], outputs: &mut [f32]) {
        let row = self.bias.len();
        self.arch.dispatch(Accumulate { panels: &self.panels, inputs, outputs, row });
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
    inputs: &'a [&'a [f32]],
    outputs: &'a mut [f32],
    /// Number of outputs of an input.
    row: usize,
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.inputs.first().map_or(1, |input| input.len());
        let (weights, _) = pulp::as_arrays::<VECTORS, _>(S::as_simd_f32s(self.panels).0);
        for (index, panel) in weights.chunks_exact(length).enumerate() {
            for (input, output) in self.inputs.iter().zip(self.outputs.chunks_exact_mut(self.row)) {
                let (output, _) = pulp::as_arrays_mut::<VECTORS, _>(S::as_mut_simd_f32s(output).0);
                if let Some(sums) = output.get_mut(index) {
                    add_products(simd, panel, input, sums);
                }
            }
        }
    }
}

/// Adds the products of an input and the weights of a panel to the sums of the panel.
#[inline(always)]
fn add_products<S: Simd>(
    simd: S,
    panel: &[[S::f32s; VECTORS]],
    input: &[f32],
    sums: &mut [S::f32s; VECTORS],
) {
    for (input, weights) in input.chunks(PARTIAL).zip(panel.chunks(PARTIAL)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_weights_times_input_plus_bias() {
        let (length, outputs) = (129, 192);
        let weights: Vec<f32> = (0..length * outputs).map(|i| (i % 7) as f32 - 3.0).collect();
        let bias: Vec<f32> = (0..outputs).map(|i| i as f32).collect();
        let inputs: Vec<Vec<f32>> =
            (0..3).map(|input| (0..length).map(|i| ((i + input) % 5) as f32).collect()).collect();
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let mut found = vec![f32::NAN; inputs.len() * outputs];
        let dense = Dense::new(&weights, length, bias.clone());
        dense.apply(&inputs, &mut found);
        // The values are small whole numbers, so the order of the sums does not change the result.
        let expected: Vec<f32> = inputs
            .iter()
            .flat_map(|input| {
                weights.chunks(length).zip(&bias).map(move |(row, bias)| {
                    bias + row.iter().zip(*input).map(|(w, x)| w * x).sum::<f32>()
                })
            })
            .collect();
        assert_eq!(found, expected);
        dense.accumulate(&inputs, &mut found);
        let products = expected.iter().zip(bias.iter().cycle()).map(|(sum, bias)| sum - bias);
        let expected: Vec<f32> = expected.iter().zip(products).map(|(a, b)| a + b).collect();
        assert_eq!(found, expected);
    }
}
