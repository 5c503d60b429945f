use proc_macro::TokenStream;

/// Turns the number of a line, counted from one, into an index.
#[proc_macro]
pub fn index_of_line(input: TokenStream) -> TokenStream {
    let line: usize = input.to_string().parse().expect("a number");
    (line - 1).to_string().parse().unwrap()
}
