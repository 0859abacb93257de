# engine.cmake: settings and functions for all engine libraries. Third-party code is linked statically and its symbols
# are hidden. A project includes this file after `project()`, and sets ENGINE_SOURCES_DIR and ENGINE_SOURCES_NAME first:
# the folder of its third-party sources, and the name that replaces this folder in assertions.

set(FFI_DIR "${CMAKE_CURRENT_LIST_DIR}")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_MSVC_RUNTIME_LIBRARY "MultiThreaded$<$<CONFIG:Debug>:Debug>")

if(MSVC)
  add_compile_options(/utf-8)
  add_compile_definitions(NOMINMAX _USE_MATH_DEFINES _CRT_SECURE_NO_WARNINGS)
else()
  # Removes the folders of the build machine from the file paths in assertions.
  add_compile_options(-ffunction-sections -fdata-sections
    "-ffile-prefix-map=${ENGINE_SOURCES_DIR}=${ENGINE_SOURCES_NAME}" "-ffile-prefix-map=${FFI_DIR}=ffi")
endif()

# --- ggml: a static library. A lane usually has one thread, so OpenMP is off. llamafile's kernels make f16 about 1.4 times faster. ---

set(BUILD_SHARED_LIBS OFF)
set(GGML_OPENMP OFF CACHE BOOL "" FORCE)
set(GGML_LLAMAFILE ON CACHE BOOL "" FORCE)
set(GGML_CCACHE OFF CACHE BOOL "" FORCE)
set(GGML_ALL_WARNINGS OFF CACHE BOOL "" FORCE)
# Prevents ggml from reading the git commit of this repository.
set(GIT_EXE "" CACHE FILEPATH "" FORCE)
if(APPLE AND CMAKE_CROSSCOMPILING)
  # Metal and Accelerate need Apple's SDK, which only a Mac has.
  set(GGML_METAL OFF CACHE BOOL "" FORCE)
  set(GGML_ACCELERATE OFF CACHE BOOL "" FORCE)
  set(GGML_BLAS OFF CACHE BOOL "" FORCE)
  # Zig links no bundles.
  set(CMAKE_SHARED_MODULE_CREATE_CXX_FLAGS -dynamiclib)
elseif(APPLE)
  set(GGML_METAL ON CACHE BOOL "" FORCE)
  set(GGML_METAL_EMBED_LIBRARY ON CACHE BOOL "" FORCE)
  set(GGML_ACCELERATE ON CACHE BOOL "" FORCE)
endif()

# Makes the waiting threads of ggml yield their cores. Call this after the project has added ggml.
function(yield_waiting_threads)
  if(NOT MSVC)
    target_compile_options(ggml-cpu PRIVATE "$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${FFI_DIR}/common/yielding_pause.h>")
  endif()
endfunction()

# Replaces ggml's products of q8_0 matrices on x64. Call this after the project has added ggml.
function(replace_matrix_products)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    get_target_property(ggml_cpu_folder ggml-cpu SOURCE_DIR)
    set_source_files_properties("${ggml_cpu_folder}/ggml-cpu/llamafile/sgemm.cpp" TARGET_DIRECTORY ggml-cpu
      PROPERTIES COMPILE_DEFINITIONS llamafile_sgemm=ggml_sgemm)
    target_sources(ggml-cpu PRIVATE "${FFI_DIR}/ggml/matrix_products.cpp")
    # ggml's functions for AMX load the shapes of the tiles from a variable that GCC 12 does not write, and then end the process.
    check_cxx_compiler_flag(-mno-amx-int8 has_amx)
    if(has_amx)
      target_compile_options(ggml-cpu PRIVATE -mno-amx-int8)
    endif()
  endif()
endfunction()

# --- engine libraries ---

find_package(Threads REQUIRED)

function(add_engine name source)
  add_library(${name} MODULE ${source})
  target_include_directories(${name} PRIVATE "${FFI_DIR}" "${FFI_DIR}/common")
  target_link_libraries(${name} PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib$<0:>")
  if(WIN32)
    set_target_properties(${name} PROPERTIES PREFIX "")
  elseif(APPLE)
    set_target_properties(${name} PROPERTIES SUFFIX ".dylib")
    target_link_options(${name} PRIVATE -Wl,-dead_strip -Wl,-x)
    if(NOT CMAKE_CROSSCOMPILING)
      # Zig's linker has no such option. Without it, the library for transcribe.cpp also exports the functions of transcribe.h.
      target_link_options(${name} PRIVATE -Wl,-exported_symbol,_asr_*)
    endif()
  else()
    target_link_options(${name} PRIVATE
      -static-libstdc++ -static-libgcc -Wl,--version-script=${FFI_DIR}/exports.map
      -Wl,--gc-sections -Wl,--no-undefined -s)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS "${FFI_DIR}/exports.map")
  endif()
  if(NOT MSVC)
    # Without -fno-trapping-math, GCC makes no vector instructions of a loop with a comparison of floats.
    target_compile_options(${name} PRIVATE -Wall -Wextra -fno-trapping-math)
  endif()
endfunction()

# --- test programs: each links one engine library with sanitizers (test/ffi/sanitizers.test.ts builds and runs them) ---

file(GLOB engine_test_sources "${FFI_DIR}/../test/ffi/engine/*.c")

function(add_engine_test name)
  if(WIN32)
    return()
  endif()
  get_target_property(source ${name} SOURCES)
  get_target_property(include_directories ${name} INCLUDE_DIRECTORIES)
  get_target_property(definitions ${name} COMPILE_DEFINITIONS)
  get_target_property(libraries ${name} LINK_LIBRARIES)
  add_executable(${name}_test EXCLUDE_FROM_ALL ${engine_test_sources} ${source})
  set_target_properties(${name}_test PROPERTIES C_STANDARD 11)
  target_include_directories(${name}_test PRIVATE ${include_directories})
  if(definitions)
    target_compile_definitions(${name}_test PRIVATE ${definitions})
  endif()
  target_compile_options(${name}_test PRIVATE -O1 -g1 -fsanitize=address,undefined -fno-omit-frame-pointer -Wno-unused-function)
  target_link_options(${name}_test PRIVATE -fsanitize=address,undefined)
  target_link_libraries(${name}_test PRIVATE ${libraries} m)
endfunction()
