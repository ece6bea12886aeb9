//! An app that a script hands over while it is loaded: `janua.run(app)` in a script that janua itself runs.

use pyo3::prelude::*;
use std::cell::RefCell;

thread_local! {
    /// `None` while nothing is loaded on this thread; else the app that has been handed over, if there is one.
    static HANDED: RefCell<Option<Option<Py<PyAny>>>> = const { RefCell::new(None) };
}

/// Does `load`, and gives the app that was handed over meanwhile.
pub(crate) fn during<R>(load: impl FnOnce() -> R) -> (R, Option<Py<PyAny>>) {
    let before = HANDED.replace(Some(None));
    let loaded = load();
    (loaded, HANDED.replace(before).flatten())
}

/// True if an app has been handed over by what is loaded now.
pub(crate) fn is_there() -> bool {
    HANDED.with_borrow(|handed| matches!(handed, Some(Some(_))))
}

/// True while an app is loaded on this thread: what calls now is its code.
pub fn is_loading() -> bool {
    HANDED.with_borrow(Option::is_some)
}

/// Hands `app` over to whoever loads the code that calls this. The last one counts.
pub fn hand_over(app: Py<PyAny>) {
    // What was there before is dropped outside: that may run Python code, which may come here.
    let _before = HANDED.with_borrow_mut(|handed| handed.as_mut().and_then(|handed| handed.replace(app)));
}
