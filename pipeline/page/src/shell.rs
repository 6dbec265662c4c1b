//! The document: title bar, sections, styles, script, and the policy that lets nothing else in.

use crate::Input;
use crate::error::Error;
use crate::frame::{Frame, clean};
use crate::page::Section;
use crate::texts::fill;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

/// The styles.
const STYLE: &str = include_str!("../assets/page.css");

/// The script; the page can be read without it.
const SCRIPT: &str = include_str!("../assets/page.js");

/// What stands in the title bar beside the words.
pub(crate) struct Head {
    pub(crate) source: Option<Frame>,
    pub(crate) currency: Option<Frame>,
}

/// Allows these very styles and this very script, and no request at all.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// The whole document.
pub(crate) fn document(input: &Input, head: &Head, sections: &[Section]) -> Result<Markup, Error> {
    let (language, t) = (input.language, input.language.texts());
    let address = head.source.as_ref().map(|frame| -> Result<String, Error> {
        let parts = [frame.first("company")?.text(), frame.first("address")?.text()];
        Ok(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "))
    });
    let address = address.transpose()?.unwrap_or_default();
    let codes = head.currency.as_ref().map(|frame| frame.texts("currencyCode")).transpose()?.unwrap_or_default();
    let made = fill(t.made, &[("when", &language.instant(input.generated_at))]);
    let day = fill(t.business_date, &[("date", &language.date(input.business_date))]);
    let facts: Vec<String> = [
        (!address.is_empty()).then(|| fill(t.source, &[("address", &address)])),
        Some(fill(t.lakehouse, &[("name", &clean(&input.lakehouse))])),
        Some(day),
        (codes.len() == 1).then(|| fill(t.currency, &[("code", &codes.concat())])),
        Some(made),
        Some(fill(t.version, &[("version", &clean(&input.version))])),
    ]
    .into_iter()
    .flatten()
    .collect();
    Ok(html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (t.title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body data-filter=(t.filter) data-copy=(t.copy) data-copied=(t.copied) data-theme-word=(t.theme) data-sort=(t.sort) {
                header {
                    div.bar {
                        div { h1 { (t.title) } p.subtitle { (t.subtitle) } }
                        div #tools {}
                    }
                    p.facts { @for fact in &facts { span { (fact) } " " } }
                    nav aria-label=(t.sections) {
                        @for section in sections { a href={"#" (section.id)} { (section.tab) } }
                    }
                }
                main {
                    @if codes.len() > 1 { p.notice { (fill(t.currencies, &[("codes", &codes.join(", "))])) } }
                    @for Section { id, title, verdict: (class, words), body, .. } in sections {
                        section.page id=(id) {
                            h2 { (title) }
                            p class={"verdict " (class)} { (words) }
                            (body)
                        }
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}
