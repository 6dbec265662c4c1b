//! Made-up names in the manner of Iceland: put together from words and syllables, so that they mean nobody.

use unicode_normalization::UnicodeNormalization;

const COMPANY_FIRST: &[&str] = &[
    "Þoku", "Skýja", "Mosa", "Hrauk", "Kletta", "Sviga", "Bollu", "Lopa", "Hnota", "Élja", "Öldu", "Ísja", "Grjót",
    "Súlu", "Vörðu", "Ýlu", "Æðar", "Kvista", "Drífu", "Snerru", "Blika", "Hrímu", "Garra",
];
const COMPANY_SECOND: &[&str] = &[
    "smiðja",
    "vagninn",
    "tunnan",
    "ljóminn",
    "kamburinn",
    "skúrinn",
    "bræðingur",
    "grautur",
    "kistan",
    "þráðurinn",
    "lúðurinn",
    "veitan",
    "hjólið",
    "naglinn",
    "báran",
    "flikkið",
    "pokinn",
    "strokkur",
    "mælirinn",
];
const COMPANY_FORM: &[&str] = &["ehf.", "hf.", "sf.", "ses.", "slf."];

const GIVEN_FIRST: &[&str] = &[
    "Frost", "Eld", "Mána", "Kol", "Brim", "Þoku", "Öldu", "Ýr", "Mosa", "Hrím", "Sól", "Vík", "Skýja", "Ás", "Jökul",
];
const GIVEN_WOMAN: &[&str] = &["hildur", "dís", "rún", "björg", "laug", "fríður", "vör", "ný"];
const GIVEN_MAN: &[&str] = &["valdur", "geir", "mar", "björn", "steinn", "bergur", "þór", "grímur"];
const FATHER: &[&str] = &["valds", "geirs", "mars", "bjarnar", "steins", "bergs", "þórs", "gríms"];

/// Agreement types as people type them: what the classification has to cope with. The index is what a record keeps.
pub(crate) const AGREEMENT_TYPES: &[&str] = &[
    "Þjónusta - yÞjónusta 8x5",
    "yÞjónusta 24x7",
    "Tímapottur",
    "Tímapottur: 10 tímar",
    "Tímapottur:",
    "Innri verkefni",
    "Rekstrarþjónusta",
    "Alrekstur",
    "Hugbúnaðarþjónusta",
    "Office 365",
    "Office 365 leyfi",
    "TÍMAPOTTUR",
    "YÞJÓNUSTA - GRUNNUR",
    // Decomposed, as some clients write it.
    "Ti\u{301}mapottur - 20 ti\u{301}mar",
    "Rekstrarþjo\u{301}nusta",
    "Innri verkefni ",
    "Alrekstur :",
    "  Hugbúnaðarþjónusta",
    "Ráðgjöf",
    "Vélbúnaður",
    "Tímavinna",
];

/// The agreement types that are prepaid or internal: their time is not invoiced as a rule.
const NOT_INVOICED: &[usize] = &[2, 3, 4, 5, 11, 13, 15];

/// Whether work on agreements of a type makes lines of invoices.
pub(crate) fn is_invoiced(kind: usize) -> bool {
    !NOT_INVOICED.contains(&kind)
}

pub(crate) const WORK_TYPES: &[(&str, bool)] = &[
    ("Dagvinna", true),
    ("Yfirvinna", true),
    ("Útkall", true),
    ("Fjarþjónusta", true),
    ("Á staðnum ", true),
    ("Akstur", false),
    ("Fundur", false),
    ("Námskeið", false),
];
pub(crate) const WORK_ROLES: &[&str] =
    &["Tæknimaður", "Sérfræðingur", "Verkefnastjóri", "Forritari", "Ráðgjafi", "Kerfisstjóri", "Þjónustufulltrúi"];
pub(crate) const DEPARTMENTS: &[&str] = &["Þjónustuborð", "Rekstur", "Hugbúnaður", "Ráðgjöf", "Verkefni", "Sala"];
pub(crate) const LOCATIONS: &[&str] = &["Höfuðstöðvar", "Norðurland", "Austurland", "Fjarvinna"];
pub(crate) const TERRITORIES: &[&str] = &["Suðvestur", "Norður", "Austur", "Vestfirðir"];
pub(crate) const BOARDS: &[&str] = &["Þjónustuborð", "Vettvangur", "Vöktun", "Innri mál"];
pub(crate) const TICKET_STATUSES: &[&str] = &["Ný", "Í vinnslu", "Beðið eftir viðskiptavini", ">Lokað", "Leyst"];
pub(crate) const TICKET_TYPES: &[&str] = &["Atvik", "Beiðni", "Breyting", "Vandamál"];
pub(crate) const TICKET_SUBTYPES: &[&str] = &["Tölvupóstur", "Prentari", "Net", "Aðgangur", "Afritun", "Vinnustöð"];
pub(crate) const EXPENSE_TYPES: &[&str] = &["Akstur", "Bílastæði", "Fæði", "Gisting", "Íhlutir", "Flug"];
pub(crate) const PAYMENT_METHODS: &[&str] = &["Greiðslukort", "Reiðufé", "Reikningsviðskipti"];
pub(crate) const CLASSIFICATIONS: &[&str] = &["Company", "Personal", "Reimbursable", "Endurgreiðanlegt"];
pub(crate) const CATALOG: &[&str] = &[
    "Fartölva 14\"",
    "Skjár 27\"",
    "Tengikví",
    "Netskiptir 24p",
    "Aðgangspunktur",
    "Office 365 Business leyfi",
    "Vírusvörn - árgjald",
    "Afritun á skýi, 1 TB",
    "Uppsetning vinnustöðvar",
    "Lyklaborð með íslenskum stöfum",
    "Eldveggur",
    "USB-C kapall",
];
pub(crate) const COMPANY_TYPES: &[&str] = &["Viðskiptavinur", "Birgir", "Samstarfsaðili", "Tilvonandi", "Eigin félag "];
pub(crate) const COMPANY_STATUSES: &[&str] = &["Virkur", "Óvirkur", "Í viðskiptabanni", "Nýr"];
pub(crate) const TITLES: &[&str] =
    &["Tæknimaður", "Deildarstjóri", "Forritari", "Ráðgjafi", "Þjónustustjóri", "Verkefnastjóri"];

const SENTENCES: &[&str] = &[
    "Notandi gat ekki skráð sig inn; lykilorð endurstillt og innskráning prófuð með notanda.",
    "Uppfærði rekla fyrir prentara og prentaði prufusíðu.",
    "Fór yfir afritun næturinnar, tvö verk höfðu stöðvast og voru ræst að nýju.",
    "Setti upp nýja vinnustöð, flutti gögn og stillti póst.",
    "Símtal við viðskiptavin um stöðu mála.",
    "Skipti um \"gamla\" netskiptinn í kjallaranum.\nAllt komið upp kl. 14:30.",
    "Greindi hægagang á þjóni; minni aukið úr 16 í 32 GB.",
    "Fundur um áætlun næsta ársfjórðungs.",
    "Stofnaði aðgang fyrir nýjan starfsmann og veitti réttindi að C:\\gögn\\sameign.",
    "Yfirfór eldveggjarreglur og lokaði óþörfum opnunum.",
    "Prófaði endurheimt úr afriti - gekk án athugasemda ✔.",
    "Leiðbeindi notanda um skipulag í möppum og samnýtingu skjala.",
    "Svaraði fyrirspurn um leyfismál og sendi tilboð.",
    "Beðið eftir varahlut frá birgja, læt vita þegar hann berst.",
];

/// A sentence of a note.
pub(crate) fn sentence(throw: u64) -> &'static str {
    of(SENTENCES, throw)
}

fn of<'t>(items: &[&'t str], throw: u64) -> &'t str {
    items.get((throw % items.len().max(1) as u64) as usize).copied().unwrap_or_default()
}

/// The name of the company at a place in the population.
pub(crate) fn company(index: u64) -> String {
    let combinations = (COMPANY_FIRST.len() * COMPANY_SECOND.len()) as u64;
    let (first, second) = (of(COMPANY_FIRST, index), of(COMPANY_SECOND, index));
    let form = of(COMPANY_FORM, index / 3);
    match index / combinations {
        0 => format!("{first}{second} {form}"),
        round => format!("{first}{second} {} {form}", round + 1),
    }
}

/// The short name of the company at a place in the population.
pub(crate) fn company_identifier(index: u64) -> String {
    format!("{}{index}", plain(of(COMPANY_FIRST, index)).to_ascii_uppercase())
}

/// Given and last name of the member at a place in the population.
pub(crate) fn person(index: u64) -> (String, String) {
    let woman = index.is_multiple_of(2);
    let second = if woman { of(GIVEN_WOMAN, index / 2) } else { of(GIVEN_MAN, index / 2) };
    let given = format!("{}{second}", of(GIVEN_FIRST, index));
    let ending = if woman { "dóttir" } else { "son" };
    (given, format!("{}{}{ending}", of(GIVEN_FIRST, index / 15 * 7 + index + 4), of(FATHER, index / 3)))
}

/// The login name of the member at a place in the population.
pub(crate) fn member_identifier(index: u64) -> String {
    let (given, last) = person(index);
    let initial: String = plain(&last).chars().take(1).collect();
    format!("{}{}{index}", plain(&given).to_lowercase(), initial.to_lowercase())
}

/// Text without letters that only Icelandic has, for identifiers and addresses.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.nfd() {
        match letter {
            'þ' => out.push_str("th"),
            'Þ' => out.push_str("Th"),
            'ð' => out.push('d'),
            'Ð' => out.push('D'),
            'æ' => out.push_str("ae"),
            'Æ' => out.push_str("Ae"),
            letter if letter.is_ascii_alphanumeric() => out.push(letter),
            _ => {}
        }
    }
    out
}

/// The decomposed form of a text, which looks the same and compares differently.
pub(crate) fn decomposed(text: &str) -> String {
    text.nfd().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_differ() {
        let companies: BTreeSet<_> = (0..2_000).map(company).collect();
        assert_eq!(companies.len(), 2_000);
        let logins: BTreeSet<_> = (0..300).map(member_identifier).collect();
        assert_eq!(logins.len(), 300);
        assert!(logins.iter().all(|login| login.is_ascii()));
        let people: BTreeSet<_> = (0..100).map(person).collect();
        assert!(people.len() > 95, "{}", people.len());
    }
}
