//! Every bound on what a caller may send, by name. Each shows up in the message that refuses more.

/// The most bytes of an id or name.
pub const ID_BYTES_MAX: usize = 128;
/// The most bytes of the free text that people see as a name.
pub const DISPLAY_NAME_BYTES_MAX: usize = 1_024;
/// The most bytes of the comment on a write.
pub const COMMENT_BYTES_MAX: usize = 1_024;
/// The most operations of one write.
pub const WRITE_OPERATIONS_MAX: usize = 1_000;
/// The most questions of one batch.
pub const BATCH_ITEMS_MAX: usize = 1_000;
/// The most bytes of a message that the server takes.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// The most ids of one chunk of a list.
pub const LIST_CHUNK_IDS_MAX: usize = 1_000;
/// The most items of each part of a list's filter.
pub const FILTER_ITEMS_MAX: usize = 10_000;
/// The most items of one page.
pub const PAGE_ITEMS_MAX: usize = 1_000;
/// The items of a page whose size the caller leaves open.
pub const PAGE_ITEMS_DEFAULT: usize = 100;
/// The most objects of an import that is one batch.
pub const IMPORT_ATOMIC_OBJECTS_MAX: usize = 100_000;
/// The most objects of one message of an import or export.
pub const IMPORT_MESSAGE_OBJECTS_MAX: usize = 1_000;
/// The most levels of departments under a root, itself included.
pub const DEPARTMENT_DEPTH_MAX: usize = 64;
/// The most departments of one user or resource.
pub const DEPARTMENTS_MAX: usize = 256;
/// The most heads of one department.
pub const HEADS_MAX: usize = 256;
/// The most members of one workgroup or helpdesk group.
pub const MEMBERS_MAX: usize = 10_000;
/// The most observers of one resource.
pub const OBSERVERS_MAX: usize = 256;
/// The most stages of one entity type.
pub const STAGES_MAX: usize = 256;
/// The most actions of one entity type.
pub const ACTIONS_MAX: usize = 64;
/// The most grants of one role.
pub const GRANTS_MAX: usize = 4_096;
/// The most entity types of a store.
pub const ENTITY_TYPES_MAX: usize = 1_024;
/// The people of a finding that are named where the caller leaves it open.
pub const FINDING_PEOPLE_DEFAULT: usize = 5;
/// The most people of a finding that are named in one answer.
pub const FINDING_PEOPLE_MAX: usize = 1_000;
/// The most findings of one message.
pub const FINDINGS_CHUNK_MAX: usize = 100;
/// The most reviews that are under way at a time.
pub const REVIEWS_AT_ONCE_MAX: usize = 8;
/// The most imports that are under way at a time.
pub const IMPORTS_AT_ONCE_MAX: usize = 8;
/// The most exports that are under way at a time.
pub const EXPORTS_AT_ONCE_MAX: usize = 8;
/// The most who follow the changes at a time.
pub const WATCHES_AT_ONCE_MAX: usize = 1_024;
/// The users, departments and resources that a preview lists, of each, where the caller leaves it open.
pub const PREVIEW_ROWS_DEFAULT: usize = 100;
/// The most users, departments and resources that a preview lists, of each.
pub const PREVIEW_ROWS_MAX: usize = 1_000;
/// The ids of a preview's sample where the caller leaves it open.
pub const PREVIEW_SAMPLES_DEFAULT: usize = 5;
/// The most ids of a preview's sample.
pub const PREVIEW_SAMPLES_MAX: usize = 20;
/// The most previews that are worked on at a time.
pub const PREVIEWS_AT_ONCE_MAX: usize = 2;
