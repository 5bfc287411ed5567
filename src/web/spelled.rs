//! How values are written in an address: what a client is told who wrote one otherwise.

/// A value of a parameter.
pub trait Spelled {
    const AS: &'static str;
}

macro_rules! spelled {
    ($($value:ty: $as:literal),*) => { $(impl Spelled for $value { const AS: &'static str = $as; })* };
}
spelled!(bool: "true or false", u32: "a whole number, 0 to 4294967295", u64: "a whole number, 0 or more",
    usize: "a whole number, 0 or more", String: "a text");
