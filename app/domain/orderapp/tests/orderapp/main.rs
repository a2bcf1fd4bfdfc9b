//! Orders over HTTP, asked as clients ask.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod conformance {
    //! The general rules of the contract that hold for what is neither patched nor deleted.

    apitest::conformance! { @rules crate::resource::RESOURCE;
        reading: [
            an_item_is_read_under_its_location,
            a_client_that_has_the_version_gets_304,
            head_answers_as_get_without_a_body,
            a_representation_can_be_compressed,
            request_and_trace_ids_are_kept,
        ];
        refusals: [
            bad_credentials_are_refused_alike,
            a_client_that_accepts_no_json_is_told_so,
            broken_requests_are_answered_or_cut,
        ];
        bodies: [
            what_is_no_json_cannot_be_parsed,
            every_missing_member_is_named,
            every_bad_value_is_refused_at_its_place,
            unknown_members_are_refused,
        ];
        lists: [
            pages_by_cursor_are_the_whole_list_in_order,
            pages_by_number_are_the_same_list,
            links_lead_through_the_list,
            a_filter_selects_what_it_says,
            a_cursor_is_good_for_its_own_list_only,
            bad_parameters_are_all_named,
        ];
        keys: [
            a_create_needs_a_key,
            many_creates_under_one_key_at_once_happen_once,
            a_key_belongs_to_its_caller_and_its_payload,
            a_malformed_key_is_refused,
            a_create_that_was_refused_leaves_its_key_free,
        ];
        hostile: [
            strange_values_are_refused_in_words_for_people,
            strange_queries_are_refused_or_harmless,
        ];
        owners: [
            a_list_shows_what_is_one_s_own,
        ];
    }
}

mod description;
mod orders;
mod resource;
mod sales;
