// windows_loading.hpp: defines a hook that loads ctranslate2.dll and its dependencies from the folder of the engine
// library. Without the hook, Windows would search only the folder of the program. MSVC's delay-load helper calls the
// hook before the first call into ctranslate2.dll.
#pragma once

#ifdef _WIN32

#include <windows.h>

#include <delayimp.h>

namespace asr {

inline FARPROC WINAPI load_beside_engine(unsigned when, PDelayLoadInfo what) {
    if (when != dliNotePreLoadLibrary) {
        return nullptr;
    }
    HMODULE engine = nullptr;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       reinterpret_cast<LPCWSTR>(&load_beside_engine), &engine);
    std::wstring path(32768, L'\0');
    path.resize(GetModuleFileNameW(engine, path.data(), static_cast<DWORD>(path.size())));
    const auto library = std::filesystem::path(path).replace_filename(what->szDll);
    return reinterpret_cast<FARPROC>(LoadLibraryExW(library.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH));
}

} // namespace asr

extern "C" const PfnDliHook __pfnDliNotifyHook2 = asr::load_beside_engine;

#endif
