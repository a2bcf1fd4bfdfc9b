//! The general rules of the HTTP contract, each as a test of one resource.
//!
//! Every rule starts instances of its own, so that the tests run side by side in any order.

use serde_json::Value;

use crate::answer::Answer;
use crate::api::Api;
use crate::resource::Resource;

pub mod bodies;
pub mod changes;
pub mod hostile;
pub mod keys;
pub mod lists;
pub mod owners;
pub mod reading;
pub mod refusals;

/// Makes a test of every general rule for one [`Resource`], an expression. In a test file of the resource's crate:
///
/// ```ignore
/// apitest::conformance!(crate::movies::RESOURCE);
/// ```
#[macro_export]
macro_rules! conformance {
    (@rules $resource:expr; $($group:ident: [$($rule:ident,)*];)*) => {
        $($(
            #[test]
            fn $rule() {
                $crate::run($crate::conformance::$group::$rule(&$resource));
            }
        )*)*
    };
    ($resource:expr) => {
        $crate::conformance! { @rules $resource;
            reading: [
                an_item_is_read_under_its_location,
                a_client_that_has_the_version_gets_304,
                head_answers_as_get_without_a_body,
                options_and_other_methods_name_what_is_allowed,
                a_representation_can_be_compressed,
                request_and_trace_ids_are_kept,
            ];
            refusals: [
                nobody_writes_without_credentials,
                who_may_not_write_is_told_so,
                bad_credentials_are_refused_alike,
                what_is_not_there_is_not_found,
                a_client_that_accepts_no_json_is_told_so,
                another_media_type_is_refused_with_those_that_are_taken,
                too_large_a_body_is_refused,
                broken_requests_are_answered_or_cut,
            ];
            bodies: [
                what_is_no_json_cannot_be_parsed,
                every_missing_member_is_named,
                every_bad_value_is_refused_at_its_place,
                all_errors_are_told_at_once,
                unknown_members_are_refused,
                nul_in_text_is_refused,
                null_clears_nothing_that_is_needed,
                members_that_may_be_empty_may_be_left_out,
            ];
            changes: [
                a_patch_changes_what_it_names,
                a_patch_has_three_states_for_a_member_that_may_be_empty,
                a_patch_that_changes_nothing_keeps_the_version,
                a_patch_needs_the_version_it_is_based_on,
                a_stale_patch_changes_nothing,
                a_bad_patch_changes_nothing,
                a_patch_of_any_other_kind_is_refused,
                of_two_hundred_patches_at_once_one_wins_for_each_version,
                what_is_deleted_is_gone,
                a_delete_heeds_the_version_when_it_is_named,
                a_delete_and_a_patch_of_one_version_do_not_both_happen,
            ];
            lists: [
                pages_by_cursor_are_the_whole_list_in_order,
                pages_by_number_are_the_same_list,
                links_lead_through_the_list,
                a_filter_selects_what_it_says,
                a_cursor_is_good_for_its_own_list_only,
                bad_parameters_are_all_named,
                a_row_that_comes_or_goes_moves_no_other,
            ];
            keys: [
                a_repeated_create_happens_once_on_any_instance,
                many_creates_under_one_key_at_once_happen_once,
                a_key_belongs_to_its_caller_and_its_payload,
                a_malformed_key_is_refused,
                a_create_that_was_refused_leaves_its_key_free,
            ];
            hostile: [
                text_comes_back_as_it_went_in,
                strange_values_are_refused_in_words_for_people,
                strange_queries_are_refused_or_harmless,
                strange_paths_and_headers_are_refused_or_harmless,
                an_offer_of_another_protocol_changes_nothing,
            ];
        }
    };
}

/// Makes a test of every rule for a [`Resource`] whose items belong to users, beside [`conformance!`](crate::conformance!).
#[macro_export]
macro_rules! conformance_of_owned {
    ($resource:expr) => {
        $crate::conformance! { @rules $resource;
            owners: [
                what_belongs_to_others_is_not_there,
                a_list_shows_what_is_one_s_own,
                who_has_the_grant_reaches_what_belongs_to_others,
            ];
        }
    };
}

/// Makes a test of every general rule for a [`List`](crate::List) that is read and nothing else, an expression.
#[macro_export]
macro_rules! conformance_of_list {
    ($list:expr) => {
        $crate::conformance! { @rules $list;
            lists: [
                pages_by_cursor_are_the_whole_list_in_order,
                pages_by_number_are_the_same_list,
                links_lead_through_the_list,
                a_filter_selects_what_it_says,
                a_cursor_is_good_for_its_own_list_only,
                bad_parameters_are_all_named,
            ];
        }
    };
}

impl Resource {
    /// So many instances that serve this resource.
    pub(crate) async fn start(&self, instances: usize) -> Api {
        let mut api = Api::start(instances, self.routes).await;
        api.spoil(self.ground).await;
        if !self.public {
            api.readers(self.reader);
        }
        api
    }

    /// Whether a merge patch changes its items.
    pub(crate) fn is_patched(&self) -> bool {
        !(self.patches)().is_empty()
    }

    /// Creates the item with this number.
    #[track_caller]
    pub(crate) fn create<'a>(&'a self, api: &'a Api, number: usize) -> impl Future<Output = Item> + use<'a> {
        let request = api.post(self.path).by(self.writer).json(&(self.body)(number));
        async move { Item::of(request.send().await.expect(201)) }
    }
}

/// An item as it was last seen.
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) tag: String,
    pub(crate) value: Value,
}

impl Item {
    /// The item that was created.
    #[track_caller]
    pub(crate) fn of(created: Answer) -> Self {
        Self { path: created.header("location").to_owned(), tag: created.etag(), value: created.json() }
    }

    /// Demands that the item is what it was.
    pub(crate) async fn assert_unchanged(&self, api: &Api) {
        let now = api.get(&self.path).send().await.expect(200);
        assert_eq!((now.etag(), now.json()), (self.tag.clone(), self.value.clone()), "{} has changed", self.path);
    }
}
