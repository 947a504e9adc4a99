//! The steps, in their order.

use anyhow::bail;

/// How muster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Registry and registrator, a process each.
    Separate,
    /// `muster up`: both in one process.
    OneProcess,
    /// The real Consul, Registrator and consul-template, to compare with; no step of the demo.
    Peers,
}

impl Form {
    /// For a table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Separate => "muster agent, registrator, template",
            Self::OneProcess => "muster up, template",
            Self::Peers => "Consul, Registrator, consul-template",
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Everything is started from nothing.
    FirstStart,
    /// Compose is asked for so many web containers.
    Scale(usize),
    /// One web container is killed.
    KillOne,
    /// The last web container is stopped.
    LastGone,
    /// A stopped web container is started again.
    OneAgain,
    /// One web container is stopped and started again and again, for the times that takes.
    StopAndStart,
    /// The registry is killed while nothing registers, and comes back with what it knew.
    RegistryKilled,
    /// The registry is killed and comes back knowing nothing.
    RegistryEmpty,
}

/// One step of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    form: Form,
    kind: &'static Kind,
}

/// What is the same for both forms.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    names: [&'static str; 2],
    title: &'static str,
    action: Action,
    /// So many web containers run before; if they do not, that is seen to first.
    before: usize,
}

const fn kind(names: [&'static str; 2], title: &'static str, action: Action, before: usize) -> Kind {
    Kind { names, title, action, before }
}

static KINDS: [Kind; 10] = [
    kind(["first-start", "up-first-start"], "first start: lb, redis and one web", Action::FirstStart, 0),
    kind(["scale-3", "up-scale-3"], "scale web to 3", Action::Scale(3), 1),
    kind(["scale-5", "up-scale-5"], "scale web to 5", Action::Scale(5), 3),
    kind(["scale-2", "up-scale-2"], "scale web to 2", Action::Scale(2), 5),
    kind(["stop-start", "up-stop-start"], "stop and start one of two, ten times", Action::StopAndStart, 2),
    kind(["kill-one", "up-kill-one"], "one web is killed", Action::KillOne, 2),
    kind(["last-gone", "up-last-gone"], "the last web is stopped; lb stays up", Action::LastGone, 1),
    kind(["one-again", "up-one-again"], "one web is started again", Action::OneAgain, 0),
    kind(
        ["registry-killed", "up-registry-killed"],
        "the registry is SIGKILLed and comes back with the same instances at the same indexes",
        Action::RegistryKilled,
        2,
    ),
    kind(
        ["registry-empty", "up-registry-empty"],
        "the registry is SIGKILLed and comes back empty; lb serves on, the registrator refills it",
        Action::RegistryEmpty,
        2,
    ),
];

impl Step {
    /// All of them: registry and registrator as two processes, then the same as one.
    pub(crate) fn all() -> Vec<Self> {
        let of = |form| KINDS.iter().map(move |kind| Self { form, kind });
        of(Form::Separate).chain(of(Form::OneProcess)).collect()
    }

    /// Those with these names, in the demo's order; all of them if there are no names.
    pub(crate) fn chosen(names: &[String]) -> anyhow::Result<Vec<Self>> {
        let all = Self::all();
        if let Some(name) = names.iter().find(|name| all.iter().all(|step| step.name() != name.as_str())) {
            bail!("there is no step {name}; --list names them");
        }
        let wanted = |step: &Self| names.is_empty() || names.iter().any(|name| name == step.name());
        Ok(all.into_iter().filter(wanted).collect())
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.form {
            Form::Separate | Form::Peers => self.kind.names[0],
            Form::OneProcess => self.kind.names[1],
        }
    }

    pub(crate) fn title(&self) -> String {
        match self.form {
            Form::Separate | Form::Peers => self.kind.title.to_owned(),
            Form::OneProcess => format!("muster up: {}", self.kind.title),
        }
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn action(&self) -> Action {
        self.kind.action
    }

    /// So many web containers run before it.
    pub(crate) fn before(&self) -> usize {
        self.kind.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_steps_come_in_the_demo_s_order() {
        let names = ["kill-one".to_owned(), "first-start".to_owned()];
        let chosen: Vec<_> = Step::chosen(&names).unwrap().iter().map(Step::name).collect();
        assert_eq!(chosen, ["first-start", "kill-one"]);
    }

    #[test]
    fn an_unknown_step_is_named() {
        assert!(Step::chosen(&["dance".to_owned()]).unwrap_err().to_string().contains("dance"));
    }

    #[test]
    fn each_form_plays_every_step() {
        assert_eq!(Step::all().len(), 2 * KINDS.len());
        assert_eq!(Step::chosen(&[]).unwrap(), Step::all());
    }
}
