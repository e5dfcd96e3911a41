//! The numbers under which the closed sets of the vocabulary are kept.
//!
//! A number once given is never given again: records outlive the code that wrote them.

use crate::domain::{GroupKind, MemberRole, Model, SupportRole};

use super::record::RecordError;

/// A closed set whose members are kept as numbers.
pub(super) trait Code: Copy + 'static {
    /// What the set is called in messages.
    const NAME: &'static str;
    /// Every member.
    const EACH: &'static [Self];

    /// The number of a member.
    fn code(self) -> u8;

    /// The member of a number.
    fn from_code(found: u32) -> Result<Self, RecordError> {
        let member = Self::EACH.iter().find(|member| u32::from(member.code()) == found);
        member.copied().ok_or(RecordError::Code { set: Self::NAME, found })
    }
}

impl Code for Model {
    const NAME: &'static str = "model";
    const EACH: &'static [Self] = &[Self::Crm, Self::Support];

    fn code(self) -> u8 {
        match self {
            Self::Crm => 1,
            Self::Support => 2,
        }
    }
}

impl Code for SupportRole {
    const NAME: &'static str = "support role";
    const EACH: &'static [Self] = &[Self::None, Self::Client, Self::Staff, Self::Demo, Self::Admin];

    fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Client => 1,
            Self::Staff => 2,
            Self::Demo => 3,
            Self::Admin => 4,
        }
    }
}

impl Code for MemberRole {
    const NAME: &'static str = "member role";
    const EACH: &'static [Self] = &[Self::Member, Self::Moderator, Self::Owner];

    fn code(self) -> u8 {
        match self {
            Self::Member => 1,
            Self::Moderator => 2,
            Self::Owner => 3,
        }
    }
}

impl Code for GroupKind {
    const NAME: &'static str = "group kind";
    const EACH: &'static [Self] = &[Self::Client, Self::Team];

    fn code(self) -> u8 {
        match self {
            Self::Client => 1,
            Self::Team => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_kept_whole<T: Code + PartialEq + std::fmt::Debug>() {
        for member in T::EACH {
            assert_eq!(T::from_code(member.code().into()).unwrap(), *member);
        }
        assert!(matches!(T::from_code(250), Err(RecordError::Code { found: 250, .. })));
    }

    #[test]
    fn every_member_is_read_back_from_its_number() {
        is_kept_whole::<Model>();
        is_kept_whole::<SupportRole>();
        is_kept_whole::<MemberRole>();
        is_kept_whole::<GroupKind>();
    }
}
