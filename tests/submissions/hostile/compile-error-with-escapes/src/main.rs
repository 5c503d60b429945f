//! Fails to compile with a message that acts on terminals and runners, in several lines.

compile_error!("\u{1b}[2J\u{9b}31m\u{7}\r\n::error::injected\n##vso[task.complete]\n<script>]]>");

fn main() {}
