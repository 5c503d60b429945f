//! Panics with a message that acts on terminals and runners, in several lines.

fn main() {
    panic!("\u{1b}[2J\u{9b}31m\u{202e}\r\n::error::injected\n##vso[task.complete]\n##[error]x\n\0<script>");
}
