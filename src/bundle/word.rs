//! The words that the format has for the values of enums.

use crate::domain::{MemberRole, Model, NewsEvent, SupportRole};

pub(super) const MODELS: [Model; 2] = [Model::Crm, Model::Support];

pub(super) const SUPPORT_ROLES: [SupportRole; 5] =
    [SupportRole::None, SupportRole::Client, SupportRole::Staff, SupportRole::Demo, SupportRole::Admin];

pub(super) const MEMBER_ROLES: [MemberRole; 3] =
    [MemberRole::Member, MemberRole::Moderator, MemberRole::Owner];

pub(super) const NEWS_EVENTS: [NewsEvent; 2] = [NewsEvent::Created, NewsEvent::Updated];

pub(super) const fn model(model: Model) -> &'static str {
    match model {
        Model::Crm => "crm",
        Model::Support => "support",
    }
}

pub(super) const fn support_role(role: SupportRole) -> &'static str {
    match role {
        SupportRole::None => "none",
        SupportRole::Client => "client",
        SupportRole::Staff => "staff",
        SupportRole::Demo => "demo",
        SupportRole::Admin => "admin",
    }
}

pub(super) const fn news_event(event: NewsEvent) -> &'static str {
    match event {
        NewsEvent::Created => "created",
        NewsEvent::Updated => "updated",
    }
}
