//! `Link` header: the URL of the next page, and its `pageId`.

/// The address with rel next in a `Link` header (`<address>; rel="next", <address>; …`; addresses may hold commas).
pub(super) fn next(header: &str) -> Option<&str> {
    header.split('<').skip(1).find_map(|link| {
        let (address, attributes) = link.split_once('>')?;
        let relations = attributes.split(';').filter_map(|attribute| {
            let (name, value) = attribute.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_end_matches(',').trim().trim_matches('"'))
        });
        // One `rel` can name several relations.
        let mut relations = relations.flat_map(str::split_whitespace);
        relations.any(|relation| relation.eq_ignore_ascii_case("next")).then_some(address)
    })
}

/// The `pageId` of an address.
pub(super) fn page_id(address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("pageId")).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn finds_the_next_link() {
        let header =
            r#"<https://h/x?fields=id,name&page=1>; rel="first", <https://h/x?fields=id,name&pageId=9>; rel="next""#;
        assert_eq!(next(header), Some("https://h/x?fields=id,name&pageId=9"));
        assert_eq!(next("<https://h/x?page=2>; rel=next"), Some("https://h/x?page=2"));
        assert_eq!(
            next(r#"<https://h/x?page=2>; title="a"; Rel = "next last" , <https://h/x?page=1>; rel=first"#),
            Some("https://h/x?page=2")
        );
        assert_eq!(next(r#"<https://h/x?page=1>; rel="first""#), None);
        assert_eq!(next(r#"<https://h/x?page=1>; rel="nextish""#), None);
        assert_eq!(next(""), None);
    }
}
