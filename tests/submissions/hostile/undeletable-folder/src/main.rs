//! Leaves a folder that nobody may enter, with a file in it.

mod sum;

fn main() {
    use std::os::unix::fs::PermissionsExt;
    if std::fs::create_dir("locked").is_ok() {
        let _ = std::fs::write("locked/file", "x");
        let _ = std::fs::set_permissions("locked", std::fs::Permissions::from_mode(0));
    }
    sum::print();
}
