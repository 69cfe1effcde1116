//! What is wrong with single fields, said beside them.

use model::Problem;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlFormElement};

/// Marks the fields that the problem names, and takes the marks off all others; off all without one.
pub fn mark(form: &HtmlFormElement, problem: Option<&Problem>) {
    let Ok(fields) = form.query_selector_all("[name]") else { return };
    for field in (0..fields.length()).filter_map(|n| fields.get(n)?.dyn_into::<Element>().ok()) {
        let name = field.get_attribute("name").unwrap_or_default();
        let Some(place) = form.query_selector(&format!("[data-error-of=\"{name}\"]")).ok().flatten() else { continue };
        let message = problem.and_then(|problem| problem.message_for(&name));
        place.set_text_content(message);
        drop(match message {
            Some(_) => field.set_attribute("aria-invalid", "true"),
            None => field.remove_attribute("aria-invalid"),
        });
    }
}
