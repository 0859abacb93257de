# Creates the import library of a DLL from the DLL's table of exports. MSVC needs an import library to link against the DLL, and
# CTranslate2's wheel does not contain one.

function(create_import_library dll result)
  get_filename_component(name "${dll}" NAME_WE)
  get_filename_component(tools "${CMAKE_LINKER}" DIRECTORY)
  execute_process(COMMAND "${tools}/dumpbin" /nologo /exports "${dll}" OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)

  # Finds the lines with an ordinal, a hint, an address and a name.
  string(REGEX MATCHALL "\n +[0-9]+ +[0-9A-F]+ +[0-9A-F]+ [^ \r\n]+" lines "${table}")
  list(TRANSFORM lines REPLACE "^.* ([^ ]+)$" "  \\1")
  list(JOIN lines "\n" exports)
  set(definition "${CMAKE_BINARY_DIR}/${name}.def")
  file(WRITE "${definition}" "LIBRARY ${name}\nEXPORTS\n${exports}\n")

  set(library "${CMAKE_BINARY_DIR}/${name}.lib")
  execute_process(COMMAND "${CMAKE_AR}" /nologo /machine:x64 "/def:${definition}" "/out:${library}" COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${library}" PARENT_SCOPE)
endfunction()
