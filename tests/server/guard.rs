//! What the guard catches, over every way that leads to a buyer.
