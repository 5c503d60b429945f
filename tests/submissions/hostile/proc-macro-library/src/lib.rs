use proc_macro::TokenStream;

#[proc_macro]
pub fn evil(_: TokenStream) -> TokenStream {
    let _ = std::fs::write("@OPEN@/@TOKEN@", "built");
    TokenStream::new()
}
