//! Fills the folder where the next run's data will be with a folder of that name.

mod sum;

fn main() {
    let _ = std::fs::rename("../data", "../moved");
    let _ = std::fs::create_dir_all("../data/inner");
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::set_permissions("../data", std::fs::Permissions::from_mode(0));
    sum::print();
}
