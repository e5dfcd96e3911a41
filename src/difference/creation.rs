//! What users may create before and after a change, by type and stage.

use super::{BothRights, Comparison, Creation, CreationTurn};
use crate::directory::{ActionKind, Directory, StageIndex, TypeIndex, TypeNode};
use crate::domain::{Effect, Id};
use crate::rights::{Act, EffectiveRights, Target, decide};
use crate::visibility::SharedType;

impl Comparison<'_> {
    /// What a user may create otherwise, of one type.
    pub(super) fn creations(&self, it: &SharedType<'_>, rights: &BothRights) -> Vec<CreationTurn> {
        let [before, after] = it.nodes;
        let is_new = |stage: &StageIndex| before.is_none_or(|node| !has_stage(node, *stage));
        let old = before.into_iter().flat_map(TypeNode::stages);
        let new = after.into_iter().flat_map(TypeNode::stages).filter(is_new);
        let stages: Vec<Option<StageIndex>> = std::iter::once(None).chain(old.chain(new).map(Some)).collect();
        let mut turns = Vec::new();
        for (action, _) in it.actions().filter(|(_, kind)| *kind == ActionKind::Create) {
            for stage in &stages {
                let [before, after] = self.creation(it, rights, (action, *stage));
                if before != after {
                    let (entity_type, action, stage) = (it.entity_type, action.clone(), *stage);
                    turns.push(CreationTurn { entity_type, action, stage, before, after });
                }
            }
        }
        turns
    }

    fn creation(
        &self,
        it: &SharedType<'_>,
        [rights_before, rights_after]: &BothRights,
        place: (&Id, Option<StageIndex>),
    ) -> [Creation; 2] {
        let [before, after] = self.sides().map(|side| side.directory());
        let [node_before, node_after] = it.nodes;
        [
            creation(before, rights_before.as_ref(), (it.entity_type, node_before), place),
            creation(after, rights_after.as_ref(), (it.entity_type, node_after), place),
        ]
    }
}

fn creation(
    directory: &Directory,
    rights: Option<&EffectiveRights>,
    (entity_type, node): (TypeIndex, Option<&TypeNode>),
    (action, stage): (&Id, Option<StageIndex>),
) -> Creation {
    let asked = rights.zip(node).filter(|(_, node)| stage.is_none_or(|stage| has_stage(node, stage)));
    let Some((rights, node)) = asked else { return Creation::Denied };
    let Some(action) = node.action(action.as_str()) else { return Creation::Denied };
    let target =
        Target { author: None, responsible: None, departments: None, stage, open: false, observers: &[] };
    let decision = decide(directory, rights, &Act { entity_type, node, action }, &target);
    match (decision.effect, decision.obligation) {
        (Effect::Deny, _) => Creation::Denied,
        (Effect::Allow, Some(_)) => Creation::Own,
        (Effect::Allow, None) => Creation::Any,
    }
}

/// Whether a type has a stage now.
fn has_stage(node: &TypeNode, stage: StageIndex) -> bool {
    node.stages().any(|other| other == stage)
}
