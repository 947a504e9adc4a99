//! Addresses that are names: CNAME records, with what the name resolves to behind them.

use super::{Answerer, Asked, Resolver};
use crate::answer::{Answer, Data};
use crate::external::{ExternalData, ExternalRecord};
use crate::form::Labels;
use crate::question::{Question, kind};

/// How many records of what a name resolves to go to who does not speak EDNS.
const MOST_RECORDS: usize = 5;

impl Resolver<'_> {
    /// A CNAME to `target` and what is known of it.
    pub(super) fn alias(&mut self, target: &[u8], ttl: u32, asked: Asked, answer: &mut Answer) {
        let name = answer.name(target);
        answer.answer(asked.name, ttl, Data::Alias(name));
        for record in self.followed(target, asked) {
            let (owner, data) = taken(&record, answer);
            answer.answer(owner, ttl, data);
        }
    }

    /// An SRV record to `target`, and what is known of it beside.
    pub(super) fn alias_record(
        &mut self,
        target: &[u8],
        weight: u16,
        port: u16,
        ttl: u32,
        asked: Asked,
        answer: &mut Answer,
    ) {
        let name = answer.name(target);
        answer.answer(asked.name, ttl, Data::Service { weight, port, target: name });
        for record in self.followed(target, asked) {
            let (owner, data) = taken(&record, answer);
            answer.beside(owner, ttl, data);
        }
    }

    /// What `target` resolves to: here, if it is under the domain, else as recursors say.
    fn followed(&mut self, target: &[u8], asked: Asked) -> Vec<ExternalRecord> {
        let mut records = if self.domain_of(&Labels::of(target)).is_some() {
            self.followed_here(target, asked)
        } else if self.config.recursors.is_empty() {
            Vec::new()
        } else {
            self.externals.records(target).map(<[_]>::to_vec).unwrap_or_default()
        };
        if !asked.edns {
            records.truncate(MOST_RECORDS);
        }
        records
    }

    fn followed_here(&mut self, target: &[u8], asked: Asked) -> Vec<ExternalRecord> {
        let Some(depth) = asked.depth.checked_sub(1) else { return Vec::new() };
        let question = Question { id: 0, flags: 0, name: target, kind: kind::ANY, class: 1, edns: None };
        let mut answer = Answer::default();
        if self.at_depth(&question, asked.room, depth, &mut answer) == Answerer::Recursor {
            return Vec::new();
        }
        let records = answer.answers.iter().filter_map(|record| {
            let data = match record.data {
                Data::Address(address) => ExternalData::Address(address),
                Data::Alias(name) => ExternalData::Alias(answer.bytes(name).into()),
                _ => return None,
            };
            Some(ExternalRecord { owner: answer.bytes(record.owner).into(), data })
        });
        records.collect()
    }
}

fn taken(record: &ExternalRecord, answer: &mut Answer) -> (crate::answer::Span, Data) {
    let owner = answer.name(&record.owner);
    let data = match &record.data {
        ExternalData::Address(address) => Data::Address(*address),
        ExternalData::Alias(name) => Data::Alias(answer.name(name)),
    };
    (owner, data)
}
