/** Tests the lines of `doctor` about the backends, also for machines with a GPU. */
import { expect, test } from "bun:test";
import { backendFinding, missingFindings } from "../../src/cli/doctor/backend-findings.ts";

const ready = { id: "whisper-mlx", ready: true, unavailable: null };
const onMac = { ...ready, devices: ["cpu", "metal"], no_gpu_because: null };
const onLinux = {
  ...ready,
  devices: ["cpu"],
  no_gpu_because: "it uses GPUs only on Apple silicon",
};
const withVulkan = { ...onMac, id: "transcribe-cpp", devices: ["cpu", "vulkan"] };
const withCuda = { ...onMac, id: "faster-whisper", devices: ["cpu", "cuda"] };

test.each([
  [onMac, true, "whisper-mlx is ready on the GPU (Metal)"],
  [onMac, false, "whisper-mlx is ready on the CPU: OPEN_ASR_DEVICE is cpu"],
  [onLinux, false, "whisper-mlx is ready on the CPU: it uses GPUs only on Apple silicon"],
  [withCuda, true, "faster-whisper is ready on the GPU (CUDA)"],
  [withVulkan, true, "transcribe-cpp is ready on the GPU (Vulkan)"],
])("a backend that is ready says where it computes (case %#)", (facts, onGpu, text) => {
  expect(backendFinding(facts, onGpu)).toEqual({
    check: "backend",
    status: "ok",
    text,
    remedy: null,
  });
});

test("a backend that cannot run says why, and what to do", () => {
  const facts = { ...onLinux, ready: false, unavailable: "it lacks a library; install it" };
  expect(backendFinding(facts, false)).toEqual({
    check: "backend",
    status: "note",
    text: "whisper-mlx is not available: it lacks a library",
    remedy: "install it",
  });
});

test("backends without an engine share a line if they share the reason", () => {
  const missing = (id: string, unavailable: string) => ({
    ...onLinux,
    id,
    ready: false,
    unavailable,
  });
  const found = missingFindings([
    missing("whisper-mlx", "it needs MLX; use whisper-cpp"),
    missing("lightning-whisper-mlx", "it needs MLX; use whisper-cpp"),
    missing("kyutai-mlx", "it needs something else"),
  ]);
  expect(found.map(({ text, remedy }) => [text, remedy])).toEqual([
    ["whisper-mlx, lightning-whisper-mlx are not available: it needs MLX", "use whisper-cpp"],
    ["kyutai-mlx is not available: it needs something else", null],
  ]);
});
