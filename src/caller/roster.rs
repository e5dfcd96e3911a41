//! The callers, laid out for looking one up by what a connection or request shows: a hash away, no lock, no allocation.
//!
//! A roster made from a changed file keeps the callers whose entries are the same, with what they have called; the
//! others of the old one are revoked, which ends the streams that they have open.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use arc_swap::ArcSwapOption;

use super::Caller;
use super::evidence::{Certified, Evidence};
use super::file::{CallersError, Entry, File, read};
use super::jwt::{Issuer, JwtEntry, now};
use super::meter::Meter;
use super::token::TokenHash;

/// How many signed tokens are remembered as verified: a signature costs a hundred times a look-up. Tokens whose hashes
/// meet in a slot put one another out.
const VERIFIED_TOKENS: usize = 1_024;
/// The longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 8_192;

/// The callers.
pub struct Roster {
    callers: Vec<Arc<Caller>>,
    tokens: HashMap<u64, (TokenHash, Arc<Caller>)>,
    certificates: HashMap<String, Arc<Caller>>,
    subjects: HashMap<String, Arc<Caller>>,
    uids: HashMap<u32, Arc<Caller>>,
    gids: HashMap<u32, Arc<Caller>>,
    issuer: Option<Issuer>,
    verified: Box<[ArcSwapOption<Verified>]>,
    /// What the signed tokens are judged by: where it changes, those who come by them are new callers.
    signing: Option<Signing>,
}

/// What the file says of signed tokens, and the keys.
#[derive(PartialEq, Eq)]
struct Signing {
    entry: JwtEntry,
    file: PathBuf,
    keys: String,
}

/// A signed token that was verified.
struct Verified {
    hash: TokenHash,
    known: Known,
}

/// A caller that is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which.
    pub caller: Arc<Caller>,
    /// Until when what it has shown counts, in seconds since 1970; none is for good.
    pub until: Option<u64>,
}

/// Why a caller is not known.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unknown {
    /// Nothing was shown.
    #[error("nothing says who calls; send a token, or a certificate that is known here")]
    Nothing,
    /// A token that is not known, or doesn't count now. Why is for the log alone.
    #[error("the token is not one that counts here")]
    Token {
        /// Why.
        why: String,
    },
    /// A certificate with none of the names that are known, or with those of two callers.
    #[error("the certificate names no caller that is known here, or more than one")]
    Certificate,
    /// A process of a user and group that are not known.
    #[error("the calling process is of a user and group that are not known here")]
    Process,
}

impl Signing {
    fn read(entry: JwtEntry, folder: &Path) -> Result<Self, CallersError> {
        let file = entry.keys_file(folder);
        let keys = read(&file)?;
        Ok(Self { entry, file, keys })
    }
}

impl Known {
    fn counts(&self) -> bool {
        self.until.is_none_or(|until| now() <= until)
    }

    /// Whether what was opened by it must end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.caller.is_revoked() || !self.counts()
    }
}

impl Roster {
    /// Reads the file of callers and what it names. Where an older roster is given, the callers that are the same stay.
    ///
    /// # Errors
    /// Says which file can't be read, or which field is wrong.
    pub fn open(file: &Path, before: Option<&Self>) -> Result<Self, CallersError> {
        let mut parsed = File::parse(&read(file)?)?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let signing = parsed.jwt.take().map(|entry| Signing::read(entry, folder)).transpose()?;
        Self::build(parsed, signing, before)
    }

    /// The same of texts.
    #[cfg(feature = "testing")]
    pub(super) fn of_texts(file: &str, keys: &str) -> Result<Self, CallersError> {
        let mut parsed = File::parse(file)?;
        let read = |entry| Signing { entry, file: PathBuf::new(), keys: keys.to_owned() };
        let signing = parsed.jwt.take().map(read);
        Self::build(parsed, signing, None)
    }

    fn build(parsed: File, signing: Option<Signing>, before: Option<&Self>) -> Result<Self, CallersError> {
        let issuer = signing.as_ref().map(|it| Issuer::new(&it.entry, &it.keys)).transpose()?;
        let mut roster = Self {
            callers: Vec::new(),
            tokens: HashMap::new(),
            certificates: HashMap::new(),
            subjects: HashMap::new(),
            uids: HashMap::new(),
            gids: HashMap::new(),
            issuer,
            verified: (0..VERIFIED_TOKENS).map(|_| ArcSwapOption::empty()).collect(),
            signing,
        };
        for (at, entry) in parsed.callers.into_iter().enumerate() {
            let caller = roster.caller(entry, &format!("caller[{at}]"), before)?;
            roster.add(&caller, &format!("caller[{at}]"))?;
        }
        Ok(roster)
    }

    fn caller(&self, entry: Entry, field: &str, before: Option<&Self>) -> Result<Arc<Caller>, CallersError> {
        let name = entry.name(field)?;
        let known = before.and_then(|roster| roster.callers.iter().find(|caller| caller.name == name));
        let is_signed_the_same =
            entry.subjects.is_empty() || before.is_some_and(|roster| roster.signing == self.signing);
        if let Some(same) = known.filter(|caller| caller.entry == entry && is_signed_the_same) {
            return Ok(Arc::clone(same));
        }
        let meter = known.map_or_else(|| Arc::new(Meter::new(Instant::now())), |it| Arc::clone(&it.meter));
        let (permission, quota) = (entry.permission(field)?, entry.quota(field)?);
        Ok(Arc::new(Caller { name, permission, quota, meter, entry, is_revoked: AtomicBool::new(false) }))
    }

    fn add(&mut self, caller: &Arc<Caller>, field: &str) -> Result<(), CallersError> {
        let entry = &caller.entry;
        if self.callers.iter().any(|other| other.name == caller.name) {
            let text = "is that of another caller too; names are told apart in the log";
            return Err(CallersError::field(format!("{field}.name"), text));
        }
        if !entry.has_evidence() {
            let text =
                "has none of tokens, certificates, subjects, uids and gids; nobody could be this caller";
            return Err(CallersError::field(field, text));
        }
        entry.check_certificates(field)?;
        if self.issuer.is_none() && !entry.subjects.is_empty() {
            let text = "has no table [jwt] beside it that says whose tokens count";
            return Err(CallersError::field(format!("{field}.subjects"), text));
        }
        for (at, hash) in entry.hashes(field)?.into_iter().enumerate() {
            if self.tokens.insert(hash.head(), (hash, Arc::clone(caller))).is_some() {
                return Err(twice(&format!("{field}.tokens"), at));
            }
        }
        insert_each(&mut self.certificates, &entry.certificates, caller, &format!("{field}.certificates"))?;
        insert_each(&mut self.subjects, &entry.subjects, caller, &format!("{field}.subjects"))?;
        insert_each(&mut self.uids, &entry.uids, caller, &format!("{field}.uids"))?;
        insert_each(&mut self.gids, &entry.gids, caller, &format!("{field}.gids"))?;
        self.callers.push(Arc::clone(caller));
        Ok(())
    }

    /// The file of the keys of signed tokens, where they count.
    #[must_use]
    pub fn keys_file(&self) -> Option<&Path> {
        self.signing.as_ref().map(|it| it.file.as_path())
    }

    /// Revokes the callers that another roster doesn't have.
    pub fn give_way_to(&self, next: &Self) {
        let is_kept = |caller: &Arc<Caller>| next.callers.iter().any(|other| Arc::ptr_eq(other, caller));
        self.callers.iter().filter(|caller| !is_kept(caller)).for_each(|caller| caller.revoke());
    }

    /// Who calls.
    ///
    /// # Errors
    /// Says why nobody that is known.
    pub fn identify(&self, evidence: Evidence<'_>) -> Result<Known, Unknown> {
        let for_good = |caller: &Arc<Caller>| Known { caller: Arc::clone(caller), until: None };
        match evidence {
            Evidence::Bearer(token) => self.bearer(token),
            Evidence::Certificate(certified) => self.certified(certified).map(for_good),
            Evidence::Process { uid, gid } => {
                let caller = self.uids.get(&uid).or_else(|| self.gids.get(&gid));
                caller.map(for_good).ok_or(Unknown::Process)
            }
            Evidence::Nothing => Err(Unknown::Nothing),
        }
    }

    fn certified(&self, certified: &Certified) -> Result<&Arc<Caller>, Unknown> {
        let mut callers = certified.names.iter().filter_map(|name| self.certificates.get(name));
        let first = callers.next().ok_or(Unknown::Certificate)?;
        if callers.all(|other| Arc::ptr_eq(other, first)) { Ok(first) } else { Err(Unknown::Certificate) }
    }

    fn bearer(&self, token: &str) -> Result<Known, Unknown> {
        let unknown = |why: &str| Unknown::Token { why: why.to_owned() };
        if token.len() > TOKEN_BYTES_MAX {
            return Err(unknown("is too long"));
        }
        let hash = TokenHash::of(token);
        if let Some((known, caller)) = self.tokens.get(&hash.head())
            && known.is(&hash)
        {
            return Ok(Known { caller: Arc::clone(caller), until: None });
        }
        let issuer = self.issuer.as_ref().ok_or_else(|| unknown("is not known"))?;
        let slot = self.slot(&hash);
        if let Some(verified) = slot.map(|slot| slot.load()).as_deref().and_then(Option::as_ref)
            && verified.hash.is(&hash)
        {
            let known = Some(&verified.known).filter(|it| it.counts());
            return known.cloned().ok_or_else(|| unknown("has expired"));
        }
        let claims = issuer.verify(token).map_err(|why| Unknown::Token { why })?;
        let caller =
            self.subjects.get(&claims.subject).ok_or_else(|| unknown("has a subject that is not known"))?;
        let known = Known { caller: Arc::clone(caller), until: Some(claims.until) };
        if let Some(slot) = slot {
            slot.store(Some(Arc::new(Verified { hash, known: known.clone() })));
        }
        Ok(known)
    }

    fn slot(&self, hash: &TokenHash) -> Option<&ArcSwapOption<Verified>> {
        let at = hash.head() % VERIFIED_TOKENS as u64;
        self.verified.get(usize::try_from(at).ok()?)
    }
}

/// How many callers there are; nothing of their evidence.
impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster").field("callers", &self.callers.len()).finish_non_exhaustive()
    }
}

fn insert_each<K: Clone + Eq + std::hash::Hash>(
    map: &mut HashMap<K, Arc<Caller>>,
    keys: &[K],
    caller: &Arc<Caller>,
    field: &str,
) -> Result<(), CallersError> {
    match keys.iter().position(|key| map.insert(key.clone(), Arc::clone(caller)).is_some()) {
        Some(at) => Err(twice(field, at)),
        None => Ok(()),
    }
}

fn twice(field: &str, at: usize) -> CallersError {
    CallersError::field(
        format!("{field}[{at}]"),
        "stands in the file a second time; one caller must be meant",
    )
}
