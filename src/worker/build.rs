//! Tells the linker where the worker and its tests find libpython when they run.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let python = pyo3_build_config::get();
    if let (true, Some(folder)) = (python.shared(), python.lib_dir()) {
        // RPATH and not RUNPATH: LD_LIBRARY_PATH must not be able to swap the interpreter for another one.
        for argument in [
            "-Wl,--disable-new-dtags".to_owned(),
            format!("-Wl,-rpath,{folder}"),
        ] {
            println!("cargo:rustc-link-arg={argument}");
        }
    }
}
