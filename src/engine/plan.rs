//! Plans: what a user may see, as a condition over the resource's own fields.

use super::question::find_listable_act;
use super::{Engine, Published, QuestionError, check_id};
use crate::domain::Condition;
use crate::rights::{DepartmentForm, Plan, condition};

impl Engine {
    /// The condition that holds of exactly the resources for which Check says allow (rule 5.3).
    ///
    /// Costs some microseconds, and a look-up for each responsible that it lists.
    ///
    /// # Errors
    /// The question is the caller's error.
    pub fn plan_visible(
        &self,
        published: &Published,
        (subject, action, entity_type): (&str, &str, &str),
        form: DepartmentForm,
    ) -> Result<Condition, QuestionError> {
        let act = find_listable_act(published, entity_type, action)?;
        let Some(rights) = self.rights(published, subject) else {
            check_id("subject", subject)?;
            return Ok(Condition::NEVER);
        };
        let plan = Plan::compile(&rights, &act);
        Ok(condition(published.directory(), &rights, act.node, &plan, form))
    }
}
