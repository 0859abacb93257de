# Answers ggml's search for the SPIR-V headers. FindVulkan.cmake adds their folder.
