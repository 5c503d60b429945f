//! Watches what others do in a folder outside.

mod raw;
mod sum;

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    unsafe {
        let watch = raw::inotify_init1(0);
        watch >= 0 && raw::inotify_add_watch(watch, c"@OPEN@".as_ptr(), 0xfff) >= 0
    }
}
