//! Installs a panic hook. The decoding libraries panic on some files. The decoder catches these
//! panics, so they do not end the fuzzer. The hook saves the file that caused such a panic, one
//! file for each code location. If other code panics, the hook calls libFuzzer's own hook, which
//! ends the fuzzer.

use std::cell::RefCell;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::path::Path;
use std::sync::{Arc, Once};

/// Environment variable with the path of the folder in which the hook saves files.
const FOLDER: &str = "ASR_FUZZ_PANICS";

thread_local! {
    static FILE: RefCell<Option<Arc<[u8]>>> = const { RefCell::new(None) };
}

/// Installs the hook. `file` is the file that the target decodes next.
pub fn watch(file: &Arc<[u8]>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let end = take_hook();
        set_hook(Box::new(move |panic| {
            if !save_if_caught(panic) {
                end(panic);
            }
        }));
    });
    FILE.set(Some(Arc::clone(file)));
}

fn save_if_caught(panic: &PanicHookInfo<'_>) -> bool {
    let location = panic.location().map(|location| (location.file(), location.line()));
    let Some((source, line)) = location.filter(|(source, _)| source.contains("/registry/src/"))
    else {
        return false;
    };
    if let (Some(folder), Some(file)) = (std::env::var_os(FOLDER), FILE.take()) {
        let crate_and_file = source.rsplit('/').take(3).collect::<Vec<_>>().join("-");
        let path = Path::new(&folder).join(format!("{crate_and_file}-{line}"));
        if !path.exists() {
            eprintln!("caught: {panic}");
            std::fs::write(path, file).expect("the folder named by ASR_FUZZ_PANICS can be written");
        }
    }
    true
}
