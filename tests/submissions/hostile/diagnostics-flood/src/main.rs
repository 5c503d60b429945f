//! Makes the compiler say more than anybody will read.

macro_rules! flood {
    ($($digit:tt)*) => { $( each!($digit $($digit)*); )* };
}
macro_rules! each {
    ($_d:tt 1 2 3 4 5 6 7 8) => {
        again!(1 2 3 4 5 6 7 8); again!(1 2 3 4 5 6 7 8); again!(1 2 3 4 5 6 7 8); again!(1 2 3 4 5 6 7 8);
    };
}
macro_rules! again {
    ($($digit:tt)*) => { $( error!($digit); error!($digit); error!($digit); error!($digit); error!($digit); )* };
}
macro_rules! error {
    ($d:tt) => {
        const _: () = {
            let _: &str = $d;
        };
    };
}

flood!(1 2 3 4 5 6 7 8);

fn main() {}
