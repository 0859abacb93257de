//! Which build of an engine this CPU can run.

/// 2: AVX-512 with VNNI and BF16; 1: AVX2, FMA, F16C, BMI2; 0: anything else.
#[cfg(target_arch = "x86_64")]
pub fn level() -> i32 {
    use std::arch::is_x86_feature_detected as has;
    let avx2 = has!("avx2") && has!("fma") && has!("f16c") && has!("bmi2");
    let avx512 = has!("avx512f")
        && has!("avx512bw")
        && has!("avx512dq")
        && has!("avx512vl")
        && has!("avx512cd")
        && has!("avx512vbmi")
        && has!("avx512vnni")
        && has!("avx512bf16");
    match (avx2, avx512) {
        (true, true) => 2,
        (true, false) => 1,
        _ => 0,
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub fn level() -> i32 {
    0
}
