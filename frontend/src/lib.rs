// Its islands are found by their names.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the module script in the page once the bundle has loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
