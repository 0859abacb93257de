# Replaces CMake's own module. ggml's Vulkan backend asks for Vulkan, and gets the pinned headers, the pinned compiler of
# shaders, and a loader that opens the system's Vulkan library at run time.
#
# VULKAN_HEADERS_DIR: folder of vulkan/vulkan.h; SPIRV_HEADERS_DIR: folder of spirv/unified1/spirv.hpp; GLSLC: program

set(Vulkan_FOUND TRUE)
set(Vulkan_GLSLC_EXECUTABLE "${GLSLC}")

add_library(vulkan_loader STATIC "${CMAKE_CURRENT_LIST_DIR}/loader.c")
target_include_directories(vulkan_loader SYSTEM PUBLIC "${VULKAN_HEADERS_DIR}" "${SPIRV_HEADERS_DIR}")
target_link_libraries(vulkan_loader PRIVATE ${CMAKE_DL_LIBS})
add_library(Vulkan::Vulkan ALIAS vulkan_loader)
