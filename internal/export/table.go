package export

// reports is the table: the names, date rules and columns of the reference page
// (export-api.txt). Kinds are read off its samples.
var reports = []Report{
	{Type: Patients, Dates: DatesForbidden, Columns: []Column{
		text("Patient_UUID"), text("First_Name"), text("Middle_Name"), text("Last_Name"), text("Sex"),
		text("Patient_Number"), {Name: "BSN", National: true}, text("Email"), text("Phone"), day("Date_Of_Birth"),
		text("Status"), text("Group_Name"), text("Program_Name"), text("Protocol"),
		moment("Created_Date"), moment("Activated_Date"), moment("Stopped_Date"), text("Stopped_Reason"),
		count("Grey_Alerts"), count("Orange_Alerts"), count("Red_Alerts"), count("Measurements_Alerts"),
		count("Combination_Alerts"), count("Remark_Alerts"), count("Overdues_Alerts"), count("Average_Alerts"), count("Total_Alerts"),
	}},
	{Type: Measurements, Dates: DatesRequired, Columns: []Column{
		text("Patient_UUID"), text("First_Name"), text("Middle_Name"), text("Last_Name"), text("Patient_Number"),
		text("Group"), text("Program"), text("Protocol"),
		moment("Measurement_Date"), text("Measurement_Name"), {Name: "Measurement_Value", Kind: Number},
		text("Alert_Flag"), text("Alert_Type"), moment("Alert_Created_Date"),
		text("Alert_Processed_Type"), text("Alert_Processed_Action"), moment("Alert_Processed_At"), text("Alert_Processed_By_UUID"),
	}},
	{Type: Alerts, Dates: DatesRequired, Columns: []Column{
		text("Patient_UUID"), text("Group"), text("Program"), text("Protocol"),
		text("Alert_Flag"), text("Alert_Type"), text("Measurement_Name"), moment("Alert_Created_Date"),
		text("Alert_Processed_Type"), text("Alert_Processed_Action"), moment("Alert_Processed_At"),
		text("Alert_Processed_By_UUID"), text("Alert_Processed_By_Role"), text("Alert_Processed_Additional_Info"),
	}},
	{Type: HCPs, Dates: DatesForbidden, Columns: []Column{
		text("UUID"), text("First_Name"), text("Middle_Name"), text("Last_Name"), text("Email"), text("User_Name"),
		text("Language"), text("Role"), text("Status"), moment("Last_Login_At"), moment("Last_Logout_At"),
		text("Groups"), count("Processed_Alerts"),
	}},
	{Type: PatientsMutations, Dates: DatesForbidden, Columns: []Column{
		text("Patient_UUID"), text("First_Name"), text("Middle_Name"), text("Last_Name"), text("Patient_Number"),
		text("Type"), text("Name"), moment("Mutation_Date"), count("Mutation_ID"),
	}},
	{Type: StarRatings, Dates: DatesForbidden, Columns: []Column{
		text("Group"), moment("Date"), text("Patient_UUID"), count("Score"), text("Remarks"),
	}},
	{Type: PlannedActions, Dates: DatesRequired, Columns: []Column{
		text("UUID"), text("Program_Action_UUID"), text("Patient_UUID"), text("Planned_Via"), {Name: "Self_Planned", Kind: Flag},
		moment("Not_Before"), moment("Expires_At"), text("Valid_Period_Timezone"),
		moment("Completed_At"), text("Completed_At_Timezone"), moment("Created_Date"),
	}},
	{Type: PatientsWorkflowHistory, Dates: DatesRequired, Columns: []Column{
		text("Patient_UUID"), text("Workflow_UUID"), day("Trigger_Day"), count("Trigger_Count"), moment("Created_Date"),
	}},
	{Type: PatientsProgramsHistory, Dates: DatesRequired, Columns: []Column{
		text("Patient_UUID"), text("Program_UUID"), text("Created_By"), moment("Created_Date"),
	}},
	{Type: PatientsSettingsHistory, Dates: DatesRequired, Columns: []Column{
		text("Patient_UUID"), text("Key"), text("Value"), text("Created_By"), moment("Created_Date"),
	}},
	{Type: UsersStatusChangeReasons, Dates: DatesRequired, Columns: []Column{
		text("User_UUID"), text("From_Status"), text("To_Status"), text("Reason"), text("Created_By"),
		moment("Created_Date"), moment("Processed_Date"),
	}},
	{Type: MeasurementsWithQuestionnaires, Dates: DatesOptional, Newer: true},
	{Type: MeasurementsForQuestionnaires, Dates: DatesOptional, Newer: true},
}

func text(name string) Column   { return Column{Name: name} }
func count(name string) Column  { return Column{Name: name, Kind: Count} }
func day(name string) Column    { return Column{Name: name, Kind: Day} }
func moment(name string) Column { return Column{Name: name, Kind: Moment} }
